"""An upload, a page that raises, and an answer whose end waits for another request."""

import hashlib
from threading import Event

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

_rest = Event()


@csrf_exempt
def upload(request):
    file = request.FILES['file']
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return JsonResponse({
        'sha256': digest.hexdigest(),
        'size': file.size,
        'name': file.name,
        'note': request.POST['note'],
    })


def broken(request):
    shelf = {}
    return HttpResponse(shelf['the missing crate'])


def pieces(request):
    def produce():
        yield b'first\n'
        yield b'last\n' if _rest.wait(20) else b'nobody asked for the rest\n'

    _rest.clear()
    return StreamingHttpResponse(produce(), content_type='text/plain')


def rest(request):
    _rest.set()
    return HttpResponse('on its way')
