"""Checks that what README.md and docs/ name is there: links, paths of the repository, and passes.

usage: check.py ROOT DOTA-OPT"""
import glob
import os
import re
import subprocess
import sys

root, dota_opt = sys.argv[1:]
passes = set(re.findall(r"--((?:dota|lane)-[a-z0-9-]+)", subprocess.run(
    [dota_opt, "--help"], capture_output=True, text=True, check=True).stdout))
top = {name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name))} - {"build", ".venv"}
wrong = []
for path in [f"{root}/README.md", *sorted(glob.glob(f"{root}/docs/*.md"))]:
    fenced = False
    with open(path) as file:
        for number, line in enumerate(file, 1):
            fenced ^= line.startswith("```")
            if fenced:
                continue
            here = f"{os.path.relpath(path, root)}:{number}"
            for link in re.findall(r"\]\(([^)#]+)[^)]*\)", line):
                if "://" not in link and not os.path.exists(os.path.join(os.path.dirname(path), link)):
                    wrong.append(f"{here}: link to {link}, which does not exist")
            for code in re.findall(r"`([^`]+)`", line):
                if re.fullmatch(r"[\w.-]+/[\w./-]*", code) and code.split("/")[0] in top:
                    if not os.path.exists(os.path.join(root, code)):
                        wrong.append(f"{here}: {code} does not exist")
                for flag in re.findall(r"^(?:--)?((?:dota|lane)-[a-z0-9-]+)$", code):
                    known = (flag in passes or glob.glob(f"{root}/tools/{flag}*")
                             or glob.glob(f"{root}/runtime/tools/{flag}*")
                             or os.path.exists(f"{root}/runtime/machines/{flag}.toml"))
                    if not known:
                        wrong.append(f"{here}: {flag} is neither a pass nor a tool nor a machine")
print("\n".join(wrong))
sys.exit(bool(wrong))
