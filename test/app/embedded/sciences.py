"""numpy and lxml at work, as JSON: /matrix?SEED, /document?SEED; and what they raise: /refusals."""

import json

import numpy
from lxml import etree

SHEET = etree.XSLT(
    etree.XML("""<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/>
<xsl:template match="/crates"><xsl:for-each select="crate[@count > 40]"><xsl:sort select="@count" data-type="number"
/><xsl:value-of select="concat(@count, ' ', ., ';')"/></xsl:for-each></xsl:template>
</xsl:stylesheet>""")
)


def matrix(seed):
    """The product as the library of linear algebra makes it, and whether that is the exact one."""
    numbers = numpy.random.default_rng(int(seed)).integers(-1000, 1000, (2, 200, 200))
    product = numpy.matmul(*numbers.astype(float))
    return {'sum': int(product.sum()), 'exact': bool((product == numpy.matmul(*numbers)).all())}


def document(seed):
    """A document of a thousand elements, parsed, searched and transformed."""
    crates = ''.join(f'<crate count="{n * int(seed) % 43}">Äpfel {n}</crate>' for n in range(1000))
    parsed = etree.fromstring(f'<crates>{crates}</crates>'.encode())
    return {'sum': parsed.xpath('sum(crate/@count)'), 'sorted': str(SHEET(parsed))}


def refusals(_query):
    found = []
    for what in (
        lambda: numpy.linalg.inv(numpy.zeros((2, 2))),
        lambda: numpy.empty(2**50),
        lambda: etree.fromstring('<open>'),
    ):
        try:
            what()
        except Exception as error:
            found.append(type(error).__name__)
    return found


PAGES = {'/matrix': matrix, '/document': document, '/refusals': refusals}


def application(environ, start_response):
    body = json.dumps(PAGES[environ['PATH_INFO']](environ['QUERY_STRING'])).encode()
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [body]
