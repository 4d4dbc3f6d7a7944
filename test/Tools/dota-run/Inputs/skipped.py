"""usage: skipped.py ALL.json LIVE.json TIMING.json: the second run left out products that the first did, and the third timed the same."""
import json
import sys

whole, live, timing = (json.load(open(file))["counters"] for file in sys.argv[1:])
value = lambda counters, name: counters[name]["value"]
assert value(whole, "macs.skipped") == 0 and value(whole, "rows.dead") == 0
assert value(live, "macs.skipped") > 0 and 0 < value(live, "rows.dead") < 1
assert value(live, "macs.performed") + value(live, "macs.skipped") == value(whole, "macs.performed")
for name in "macs.skipped", "rows.dead", "cycles.total", "energy.total":
    assert live[name] == timing[name], name
