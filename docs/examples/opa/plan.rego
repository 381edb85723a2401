# What a plan of tollgate may do here, beside the guards of the files: for
#   tollgate plan --format json > plan.json
#   conftest test plan.json --policy docs/examples/opa
#   opa eval --fail-defined --input plan.json --data docs/examples/opa 'data.main.deny[message]'
package main

import rego.v1

# US cents per 30 days.
most := 500000

# A failure is a document as well, and nothing in it is a plan.
deny contains message if {
	not is_array(input.changes)
	message := "this is not a plan: tollgate plan --format json failed"
}

deny contains message if {
	input.ok == false
	message := "the plan is not ok: errors in the files, or a guard objects"
}

# What nobody has looked at is not harmless.
deny contains message if {
	input.spend == null
	count(input.changes) > 0
	message := "the plan does not say what it does to money: leave --no-impact out"
}

# Nobody raises a budget above $5,000.
deny contains message if {
	some limit in input.spend.limits
	limit.unit == "cost"
	limit.after_cents > most
	raised(limit)
	message := sprintf("%s: %d cents per 30 days are more than %d", [limit.change, limit.after_cents, most])
}

# Nobody takes one away.
deny contains message if {
	some limit in input.spend.limits
	limit.unit == "cost"
	limit.before_cents != null
	limit.after_cents == null
	message := sprintf("%s: a budget is taken away", [limit.change])
}

# Nobody deletes on a Friday (UTC).
deny contains message if {
	time.weekday(time.now_ns()) == "Friday"
	some change in input.changes
	change.action == "delete"
	message := sprintf("%s: deletes wait for Monday", [change.id])
}

warn contains message if {
	some line in input.record_lines
	line.action == "unprotect"
	message := sprintf("%s is no longer protected", [line.key.name])
}

raised(limit) if limit.before_cents == null

raised(limit) if limit.after_cents > limit.before_cents
