from django.contrib import admin
from django.urls import path

from . import views

urlpatterns = [
    path('admin/', admin.site.urls),
    path('upload', views.upload),
    path('broken', views.broken),
    path('pieces', views.pieces),
    path('rest', views.rest),
]
