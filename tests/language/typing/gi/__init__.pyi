# The little of PyGObject's types that Msa.pyi and the examples need; programs take PyGObject-stubs.
# SPDX-License-Identifier: LGPL-2.1-or-later

def require_version(namespace: str, version: str) -> None: ...
