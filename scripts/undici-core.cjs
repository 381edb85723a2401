// What the client takes of undici: requests over HTTP/1.1. The package as a whole evaluates its fetch, its sockets, its caches, its
// mocks and HTTP/2 when it is loaded, which takes longer than all else that a plan loads. For the bundle of the command alone.
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
const Agent = require('undici/lib/dispatcher/agent.js');

Dispatcher.prototype.request = require('undici/lib/api/api-request.js');

module.exports = {
  Agent,
  get EnvHttpProxyAgent() {
    // Asks its proxy for a tunnel by it.
    Dispatcher.prototype.connect = require('undici/lib/api/api-connect.js');
    return require('undici/lib/dispatcher/env-http-proxy-agent.js');
  },
  request(address, { dispatcher, ...options }) {
    const { origin, pathname, search } = new URL(address);
    return dispatcher.request({ ...options, origin, path: `${pathname}${search}` });
  },
};
