"""lit's format of this folder: each module is a test, which check.py runs and compares."""
import os
import sys

import lit.formats
import lit.Test
import lit.util


class Model(lit.formats.FileBasedTest):
    def execute(self, test, litConfig):
        source = test.getSourcePath()
        out, err, status = lit.util.executeCommand(
            [sys.executable, os.path.join(os.path.dirname(source), "check.py"),
             "--bin", test.config.dota_tools_dir, source])
        return (lit.Test.FAIL if status else lit.Test.PASS), out + err
