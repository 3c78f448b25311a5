from django.contrib import admin

from reviews.models import Card, Export, Review

admin.site.register(Card)
admin.site.register(Review)
admin.site.register(Export)
