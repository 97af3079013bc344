"""A Django page of the usual kind: middleware, a session, a template with a table of 100 rows."""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import Context, Engine
from django.urls import path

TEMPLATE = """{% for row in rows %}<tr><td>{{ row.number }}</td><td>{{ row.name|title }}</td>
<td>{% if row.even %}{{ row.price|floatformat:2 }}{% else %}-{% endif %}</td></tr>
{% endfor %}"""

settings.configure(
    ALLOWED_HOSTS=['*'],
    DATABASES={},
    MIDDLEWARE=[
        'django.middleware.security.SecurityMiddleware',
        'django.contrib.sessions.middleware.SessionMiddleware',
        'django.middleware.common.CommonMiddleware',
        'django.middleware.csrf.CsrfViewMiddleware',
        'django.middleware.clickjacking.XFrameOptionsMiddleware',
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY='of a benchmark',
    SESSION_ENGINE='django.contrib.sessions.backends.signed_cookies',
)
django.setup()
template = Engine().from_string(TEMPLATE)


def page(request):
    request.session['seen'] = 1
    rows = [
        {'number': number, 'name': f'item {number} & more', 'even': number % 2 == 0, 'price': number * 1.25}
        for number in range(100)
    ]
    return HttpResponse(template.render(Context({'rows': rows})))


urlpatterns = [path('', page)]
application = get_wsgi_application()
