from django.urls import path

from reviews import views

urlpatterns = [
    path("cards/", views.cards),
    path("reviews/due/", views.due_reviews),
    path("reviews/summary/", views.summary),
    path("reviews/<int:review_id>/answer/", views.answer),
    path("export/", views.export),
    path("exports/", views.request_export),
    path("exports/<uuid:export_id>/", views.export_state),
]
