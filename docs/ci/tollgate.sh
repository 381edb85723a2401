#!/bin/sh
# tollgate.sh plan BRANCH | apply PLAN | hourly: for whatever starts commands, cron among it. In a clone with its whole history, with
# PORTKEY_API_KEY in the environment. What to set up: docs/every-ci.md#plain-shell
set -eu

policies=${POLICIES:-policies}
lock=${TMPDIR:-/tmp}/tollgate-apply.lock

case ${1:-} in
  plan)
    # What the merge of this branch into the one that is named will be.
    git fetch --quiet origin "$2"
    git -c user.name=ci -c user.email=ci@localhost merge --quiet --no-edit FETCH_HEAD
    exec tollgate plan --dir "$policies" --changed-from "$2" --out plan.json
    ;;
  apply)
    # One at a time on this machine; between machines the claim of the record sees to that.
    exec flock "$lock" tollgate apply --dir "$policies" --yes --plan "$2"
    ;;
  hourly)
    git pull --quiet --ff-only
    status=0
    tollgate notify --dir "$policies" || status=$?
    tollgate drift --dir "$policies" || status=$?
    exit $status
    ;;
  *)
    echo "usage: $0 plan BRANCH | apply PLAN | hourly" >&2
    exit 1
    ;;
esac
