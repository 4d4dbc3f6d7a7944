"""points.py FILE.json BUDGET: fails where the points are no frontier with one within the budget."""
import json
import sys

points = json.load(open(sys.argv[1]))["points"]
within = [point for point in points if point["error"] <= float(sys.argv[2])]
if not within or points[0]["narrowed"] != 0 or within[-1]["energy"] > points[0]["energy"]:
    sys.exit(f"points: {points}")
