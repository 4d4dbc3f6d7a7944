"""points.py FILE.json BUDGET [costs]: fails where the points are no frontier with the last within the budget chosen, or units differ from it.
With "costs" what is chosen has to cost energy where each unit has it alone."""
import json
import sys

figures, budget = json.load(open(sys.argv[1])), float(sys.argv[2])
points, units = figures["points"], figures["units"]
within = [point for point in points if point["error"] <= budget]
if not within or points[0]["narrowed"] != 0 or [point for point in points if point["chosen"]] != within[-1:] or within[-1]["energy"] > points[0]["energy"]:
    sys.exit(f"points: {points}")
levels = [[level for level in unit["levels"] if level["chosen"]] for unit in units]
if len(units) != points[0]["all"] or any(len(chosen) != 1 for chosen in levels):
    sys.exit(f"units: {units}")
if sum(unit["levels"][0] not in chosen for unit, chosen in zip(units, levels)) != within[-1]["narrowed"]:
    sys.exit(f"narrowed: {units}")
if any(unit["levels"][0][figure] != points[0][figure] for unit in units for figure in ("error", "cycles", "energy")):
    sys.exit(f"alone: {units}")
if "costs" in sys.argv and any(chosen[0]["energy"] <= points[0]["energy"] for chosen in levels):
    sys.exit(f"costs: {units}")
