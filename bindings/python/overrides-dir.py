# overrides-dir.py: where below a prefix an interpreter looks for modules
#
#   overrides-dir.py PREFIX
#
# Prints the first folder of its own search path that lies below the prefix; if there is none, the one that would be
# searched were the interpreter there, which its users have to name in PYTHONPATH.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import site
import sys
import sysconfig

prefix = os.path.abspath(sys.argv[1])
searched = [path for path in site.getsitepackages() if path in sys.path]
below = [path for path in searched if os.path.commonpath([prefix, os.path.abspath(path)]) == prefix]
# /usr/local lies below /usr, but is not meant by it.
below.sort(key=lambda path: path.startswith('/usr/local/') and prefix != '/usr/local')

if below:
    print(below[0])
else:
    print(sysconfig.get_path('purelib', 'posix_prefix', {'base': prefix, 'platbase': prefix}))
