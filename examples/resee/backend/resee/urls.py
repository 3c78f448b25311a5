from django.contrib import admin
from django.urls import include, path

from resee.health import health

urlpatterns = [
    path("api/health/", health),
    path("api/admin/", admin.site.urls),
    path("api/", include("reviews.urls")),
]
