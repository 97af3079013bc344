"""The applications of examples/tour: WSGI by the letter (wsgiref.validate), and what they answer."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import io
import os
import re
import sys
import unittest
from html.parser import HTMLParser
from typing import Any, Dict, List, Optional, Tuple
from unittest import mock
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

TOUR = os.path.join(os.path.dirname(__file__), '..', '..', 'examples', 'tour')
VOID = frozenset(['meta', 'link', 'input', 'br', 'img', 'hr'])


def load(name: str) -> Any:
    """Imports a module of examples/tour/apps by path, as a package with a name of its own."""
    if 'tour_apps' not in sys.modules:
        folder = os.path.join(TOUR, 'apps')
        spec = importlib.util.spec_from_file_location(
            'tour_apps', os.path.join(folder, '__init__.py'), submodule_search_locations=[folder])
        assert spec is not None and spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules['tour_apps'] = package
        spec.loader.exec_module(package)
    return importlib.import_module('tour_apps.' + name)


class Answer:
    """One call of an application, checked by wsgiref.validate, with its whole output."""

    def __init__(self, name: str, body: bytes = b'', **variables: Any) -> None:
        self.environ: Dict[str, Any] = {'SCRIPT_NAME': '/' + name, 'PATH_INFO': '', 'QUERY_STRING': ''}
        self.environ['wsgi.errors'] = io.StringIO()
        self.environ['wsgi.input'] = io.BytesIO(body)
        if body:
            self.environ['CONTENT_LENGTH'] = str(len(body))
        setup_testing_defaults(self.environ)
        self.environ.update({key.replace('__', '.'): value for key, value in variables.items()})
        self.status = ''
        self.fields: Dict[str, str] = {}
        self.chunks: List[bytes] = []
        output = validator(load(name).application)(self.environ, self._start)
        try:
            self.chunks.extend(output)
        finally:
            output.close()

    def _start(self, status: str, fields: List[Tuple[str, str]], exc_info: Any = None) -> Any:
        self.status, self.fields = status, dict(fields)
        return self.chunks.append

    @property
    def text(self) -> str:
        """The output as text."""
        return b''.join(self.chunks).decode('utf-8')


class Balance(HTMLParser):
    """Collects the elements of a page and whether each was closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: List[str] = []
        self.faults: List[str] = []
        self.elements: List[Tuple[str, Dict[str, Optional[str]]]] = []
        self.feed(page)
        self.close()

    def handle_startendtag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


class HelloTest(unittest.TestCase):
    """/hello"""

    def test_counts_the_answers_of_this_process(self) -> None:
        first, second = Answer('hello'), Answer('hello')
        self.assertEqual(first.status, '200 OK')
        self.assertIn(f'Process {os.getpid()}', first.text)
        numbers = [int(re.findall(r'number (\d+)', answer.text)[0]) for answer in (first, second)]
        self.assertEqual(numbers[1], numbers[0] + 1)

    def test_length_is_that_of_the_body(self) -> None:
        answer = Answer('hello')
        self.assertEqual(answer.fields['Content-Length'], str(len(answer.text)))


class EnvironTest(unittest.TestCase):
    """/environ"""

    def test_page_is_well_formed(self) -> None:
        balance = Balance(Answer('environ').text)
        self.assertEqual((balance.faults, balance.open), ([], []))

    def test_groups_come_in_order_and_hold_their_variables(self) -> None:
        page = Answer('environ', HTTP_USER_AGENT='test', REQUEST_ID='r-1').text
        places = [page.index(mark) for mark in (
            '>CGI variables<', '>REQUEST_METHOD<', '>HTTP fields<', '>HTTP_USER_AGENT<',
            '>wsgi.* variables<', '>wsgi.version<', '>Other variables<', '>REQUEST_ID<')]
        self.assertEqual(places, sorted(places))

    def test_names_and_values_are_escaped(self) -> None:
        page = Answer('environ', QUERY_STRING='<script>alert("1")</script>', HTTP_X='\'"&<b>',
                      SCRIPT_NAME='/"><script>').text
        self.assertNotIn('<script', page)
        self.assertNotIn('<b>', page)
        self.assertIn('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;', page)

    def test_octets_are_shown_as_utf_8_and_control_characters_escaped(self) -> None:
        page = Answer('environ', PATH_INFO='/käse'.encode('utf-8').decode('latin-1'), HTTP_X='a\x00\x1b\xff').text
        self.assertIn('/käse', page)
        self.assertIn(r'a\x00\x1bÿ', page)

    def test_lone_surrogates_of_a_process_environment_do_not_break_the_page(self) -> None:
        self.assertIn(r'\udcff', Answer('environ', HTTP_X='\udcff').text)

    def test_credentials_are_named_but_not_shown(self) -> None:
        page = Answer('environ', HTTP_COOKIE='session=geheim', HTTP_AUTHORIZATION='Basic geheim').text
        self.assertNotIn('geheim', page)
        self.assertIn('>HTTP_COOKIE<', page)
        self.assertIn('14 characters', page)

    def test_every_variable_has_a_meaning(self) -> None:
        page = Answer('environ', HTTP_X_MY_FIELD='1', SOMETHING_NEW='1').text
        self.assertIn('The request field X-My-Field.', page)
        self.assertIn('Not described in a standard.', page)
        self.assertNotIn('<td></td>', page)


class StreamTest(unittest.TestCase):
    """/stream"""

    def test_yields_a_line_a_step_and_waits_between_them(self) -> None:
        stream = load('stream')
        with mock.patch.object(stream.time, 'sleep') as sleep:
            answer = Answer('stream')
        self.assertEqual(len(answer.chunks), stream.STEPS + 1)
        self.assertTrue(all(chunk.endswith(b'\n') for chunk in answer.chunks))
        self.assertEqual(sleep.call_count, stream.STEPS - 1)
        self.assertNotIn('Content-Length', answer.fields)

    def test_takes_a_few_seconds_at_most(self) -> None:
        self.assertLessEqual(load('stream').STEPS * load('stream').PAUSE, 10)


class UploadTest(unittest.TestCase):
    """/upload"""

    content = bytes(range(256)) * 1000 + b'\r\n--bound and \r\n\r\n'

    def form(self, content: bytes, filename: str = 'a.bin') -> bytes:
        """Returns a multipart body such as browsers send."""
        head = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: text/plain'
        return b'--boundary7\r\n' + head.encode('utf-8') + b'\r\n\r\n' + content + b'\r\n--boundary7--\r\n'

    def post(self, body: bytes, **variables: Any) -> Answer:
        """Posts a body as a form."""
        variables.setdefault('CONTENT_TYPE', 'multipart/form-data; boundary=boundary7')
        return Answer('upload', body, REQUEST_METHOD='POST', **variables)

    def test_get_shows_a_form_that_is_well_formed(self) -> None:
        answer = Answer('upload')
        balance = Balance(answer.text)
        self.assertEqual((balance.faults, balance.open), ([], []))
        forms = [attributes for tag, attributes in balance.elements if tag == 'form']
        self.assertEqual(forms, [{'method': 'post', 'enctype': 'multipart/form-data'}])

    def test_reports_size_and_hash_of_the_file_in_a_form(self) -> None:
        answer = self.post(self.form(self.content))
        self.assertEqual(answer.status, '200 OK')
        self.assertIn(f'{len(self.content)} octets', answer.text)
        self.assertIn(hashlib.sha256(self.content).hexdigest(), answer.text)
        self.assertIn('a.bin', answer.text)

    def test_finds_the_end_of_the_file_at_every_chunk_size(self) -> None:
        content = b'x\r\n--boundary\r\n-' * 3
        for size in range(1, 60):
            with self.subTest(size=size), mock.patch.object(load('upload'), 'CHUNK', size):
                self.assertIn(hashlib.sha256(content).hexdigest(), self.post(self.form(content)).text)

    def test_never_reads_more_than_a_chunk_at_a_time(self) -> None:
        sizes: List[int] = []

        class Input(io.BytesIO):
            def read(self, size: Optional[int] = -1, /) -> bytes:
                sizes.append(size if size is not None else -1)
                return super().read(size)

        body = self.form(self.content)
        self.post(body, wsgi__input=Input(body))
        self.assertEqual(max(sizes), load('upload').CHUNK)
        self.assertGreater(min(sizes), 0)

    def test_takes_an_empty_file(self) -> None:
        answer = self.post(self.form(b''))
        self.assertIn('0 octets', answer.text)
        self.assertIn(hashlib.sha256(b'').hexdigest(), answer.text)

    def test_takes_a_bare_body(self) -> None:
        answer = self.post(self.content, CONTENT_TYPE='application/x-www-form-urlencoded')
        self.assertIn(hashlib.sha256(self.content).hexdigest(), answer.text)

    def test_takes_a_body_of_unknown_length_where_the_server_ends_it(self) -> None:
        answer = self.post(self.content, CONTENT_TYPE='', CONTENT_LENGTH='', wsgi__input_terminated=True)
        self.assertIn(hashlib.sha256(self.content).hexdigest(), answer.text)

    def test_shows_the_name_of_the_file_escaped(self) -> None:
        answer = self.post(self.form(b'1', filename='<b>ä.txt'))
        self.assertIn('&lt;b&gt;ä.txt', answer.text)
        self.assertNotIn('<b>', answer.text)

    def test_refuses_a_body_that_is_cut_short(self) -> None:
        for body in (b'', b'--bound', b'--boundary7\r\nContent-Dis', self.form(b'abc')[:-16], b'x' * 100_000):
            with self.subTest(body=body[:40]):
                self.assertEqual(self.post(body).status, '400 Bad Request')
        self.assertEqual(self.post(b'abc', CONTENT_TYPE='', CONTENT_LENGTH='4').status, '400 Bad Request')

    def test_refuses_other_methods(self) -> None:
        answer = Answer('upload', REQUEST_METHOD='DELETE')
        self.assertEqual((answer.status, answer.fields['Allow']), ('405 Method Not Allowed', 'GET, HEAD, POST, PUT'))


class ErrorTest(unittest.TestCase):
    """/error"""

    def test_raises_before_the_head_and_leaves_a_line_in_the_error_log(self) -> None:
        errors = io.StringIO()
        with self.assertRaisesRegex(RuntimeError, 'on purpose'):
            Answer('error', wsgi__errors=errors)
        self.assertEqual(len(errors.getvalue().splitlines()), 1)

    def test_late_raises_in_the_middle_of_the_output(self) -> None:
        output = load('error').application({'PATH_INFO': '/late', 'wsgi.errors': io.StringIO()}, lambda *_: None)
        self.assertIn(b'first half', next(output))
        with self.assertRaisesRegex(RuntimeError, 'after the head'):
            next(output)


class LandingPageTest(unittest.TestCase):
    """public/index.html"""

    def setUp(self) -> None:
        with open(os.path.join(TOUR, 'public', 'index.html'), encoding='utf-8') as file:
            self.page = file.read()
        self.balance = Balance(self.page)

    def test_is_well_formed(self) -> None:
        self.assertEqual((self.balance.faults, self.balance.open), ([], []))

    def test_needs_nothing_from_elsewhere_and_no_script(self) -> None:
        tags = {tag for tag, _ in self.balance.elements}
        self.assertFalse(tags & {'script', 'iframe', 'img'})
        for tag, attributes in self.balance.elements:
            address = attributes.get('href') or attributes.get('src') or ''
            with self.subTest(tag=tag, address=address):
                self.assertTrue(tag == 'a' or '//' not in address)

    def test_links_lead_to_a_place_of_the_page_a_file_or_a_mount(self) -> None:
        with open(os.path.join(TOUR, 'portico.yaml'), encoding='utf-8') as file:
            mounts = set(re.findall(r'^  (/[\w-]+):', file.read(), re.MULTILINE))
        places = [attributes['id'] for _, attributes in self.balance.elements if 'id' in attributes]
        self.assertEqual(len(places), len(set(places)))
        for tag, attributes in self.balance.elements:
            address = attributes.get('href')
            if address is None or tag not in ('a', 'link'):
                continue
            with self.subTest(address=address):
                if address.startswith('#'):
                    self.assertIn(address[1:], places)
                elif address.startswith('/'):
                    self.assertIn('/' + re.split('[/?]', address)[1], mounts)
                else:
                    self.assertTrue(os.path.isfile(os.path.join(TOUR, 'public', address)))

    def test_every_picture_has_a_title_and_a_description(self) -> None:
        places = {attributes['id']: tag for tag, attributes in self.balance.elements if 'id' in attributes}
        pictures = [attributes for tag, attributes in self.balance.elements
                    if tag == 'svg' and attributes.get('role') == 'img']
        self.assertGreaterEqual(len(pictures), 7)
        for attributes in pictures:
            named = str(attributes['aria-labelledby']).split()
            self.assertEqual([places[name] for name in named], ['title', 'desc'])
