#!/usr/bin/env python3
# check-peers.py: the guide to coming from libcurl names all that libcurl's headers have
#
#   check-peers.py docs/from-libcurl.md header-folder...
#
# Functions, options and information, by their full names. A name of a header that the page does not have is
# a failure; so is one of the page that no header has, where it belongs to one of these families.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import sys

import tap

FAMILIES = {
    # name: (what declares one in a header, what one looks like in the page)
    'functions': (r'\bCURL_EXTERN\b[^;(]*?\b(curl_(?:multi|easy|share|url|global|mime|slist|form|ws|pushheader|version)\w*) ?\(',
                  r'\bcurl_\w+'),
    'options': (r'\bCURLOPT(?:DEPRECATED)?\((CURLOPT_\w+)', r'\bCURLOPT_\w+'),
    'multi-options': (r'\bCURLOPT\((CURLMOPT_\w+)', r'\bCURLMOPT_\w+'),
    'share-options': (r'^\s*(CURLSHOPT_\w+|CURL_LOCK_DATA_\w+)\s*(?:=[^,]*)?,', r'\b(?:CURLSHOPT|CURL_LOCK_DATA)_\w+'),
    'information': (r'^\s*(CURLINFO_\w+)\s*=\s*CURLINFO_\w+ *\+', r'\bCURLINFO_\w+'),
}
# Markers of the headers' own, and what sets up libcurl's own traces.
NO_NAMES = {'CURLSHOPT_NONE', 'CURLSHOPT_LAST', 'CURL_LOCK_DATA_NONE', 'CURL_LOCK_DATA_LAST', 'curl_global_trace'}
# What later versions than Debian 12's have.
LATER = set('''
curl_multi_get_handles curl_multi_get_offt curl_multi_notify_disable curl_multi_notify_enable curl_multi_waitfds
curl_easy_ssls_export curl_easy_ssls_import CURLMOPT_NETWORK_CHANGED CURLMOPT_NOTIFYDATA CURLMOPT_NOTIFYFUNCTION
CURLMOPT_QUICK_EXIT CURLMOPT_RESOLVE_THREADS_MAX CURLOPT_ECH CURLOPT_HAPROXY_CLIENT_IP CURLOPT_HTTPSIG_ALGORITHM
CURLOPT_HTTPSIG_HEADERS CURLOPT_HTTPSIG_KEY CURLOPT_HTTPSIG_KEYID CURLOPT_MAIL_RCPT_ALLOWFAILS
CURLOPT_SERVER_RESPONSE_TIMEOUT_MS CURLOPT_SSL_SIGNATURE_ALGORITHMS CURLOPT_TCP_KEEPCNT CURLOPT_UPLOAD_FLAGS
CURLINFO_CONN_ID CURLINFO_EARLYDATA_SENT_T CURLINFO_HTTPAUTH_USED CURLINFO_POSTTRANSFER_TIME_T CURLINFO_PROXYAUTH_USED
CURLINFO_QUEUE_TIME_T CURLINFO_SIZE_DELIVERED CURLINFO_USED_PROXY CURLINFO_XFER_ID
'''.split())
# The page's own abbreviations.
ABBREVIATIONS = {'curl_share', 'CURLOPT_', 'CURLINFO_', 'CURLMOPT_', 'curl_multi_socket_action'}


def compare(page, headers, family):
    declares, looks = FAMILIES[family]
    plain = re.sub(r'\bCURL_DEPRECATED\(\s*[\d.]+,\s*(?:"[^"]*"\s*)+\)', '', headers)
    declared = set(re.findall(declares, plain, re.MULTILINE | re.DOTALL)) - NO_NAMES
    named = set(re.findall(looks, page))
    for name in sorted(declared - named):
        # A double-typed name whose successor ends in _T is deprecated.
        if name + '_T' not in declared:
            yield f'{name} is missing in the guide'
    for name in sorted(named - declared - LATER - ABBREVIATIONS):
        if not re.search(rf'\b{name}\b', plain):
            yield f'{name} is in the guide, and in no header'


def prove(test):
    header = '  CURLOPT(CURLOPT_A, CURLOPTTYPE_LONG, 1),\n  CURLOPTDEPRECATED(CURLOPT_B, X, 2, 7.1, "no"),\n'
    for name, page, expected in (('all', '`CURLOPT_A`, `CURLOPT_B`', []),
                                 ('missing', '`CURLOPT_A`', ['CURLOPT_B is missing in the guide']),
                                 ('misspelt', '`CURLOPT_A`, `CURLOPT_B`, `CURLOPT_C`',
                                  ['CURLOPT_C is in the guide, and in no header'])):
        complaints = list(compare(page, header, 'options'))
        test.ok(f'{"refuses" if expected else "takes"}-{name}', complaints == expected, complaints)


def main():
    test = tap.Test('/docs/peers')
    with open(sys.argv[1], encoding='utf-8') as file:
        page = file.read()
    folders = [folder for folder in sys.argv[2:] if os.path.exists(os.path.join(folder, 'curl/curl.h'))]
    headers = ''
    for name in ('curl.h', 'easy.h', 'multi.h', 'urlapi.h', 'header.h', 'options.h', 'websockets.h') if folders else ():
        with open(os.path.join(folders[0], 'curl', name), encoding='utf-8') as file:
            headers += file.read()
    for family in FAMILIES:
        if not headers:
            test.skip(f'libcurl/{family}', 'no headers of libcurl')
            continue
        complaints = list(compare(page, headers, family))
        test.ok(f'libcurl/{family}', re.search(FAMILIES[family][0], headers, re.MULTILINE) and not complaints, complaints)
    prove(test)
    test.finish()


if __name__ == '__main__':
    main()
