#!/usr/bin/python3
"""A table of the environ, with the modules that scripts of this kind import."""
import json
import os
import sys
from datetime import datetime
from urllib.parse import parse_qs

query = parse_qs(os.environ.get('QUERY_STRING', ''))
rows = ''.join('<tr><td>%s<td>%s\n' % pair for pair in sorted(os.environ.items()))
facts = json.dumps({'python': sys.version_info[:2], 'query': query, 'now': datetime.now().isoformat()})
sys.stdout.write('Content-Type: text/html\n\n<table>\n%s</table>\n<pre>%s</pre>\n<p>whole\n' % (rows, facts))
