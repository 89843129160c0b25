"""The same publications by Django REST framework, as its documentation and django-filter's would have it: models, a
model serializer, a filter set, pages by number. It runs in an environment of its own.

It reads the file that Datasette reads, with its tables between and its FTS5 table; what neither Django nor the
framework has for SQLite, words and facets, is a statement each.
"""

import os
import sys
from typing import Any

try:  # the SQLite that the service uses
    import pysqlite3

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
except ImportError:
    pass

import django
from django.conf import settings

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"file:{os.environ['BENCH_DATABASE']}?immutable=1",
            "OPTIONS": {"uri": True, "init_command": "PRAGMA cache_size=-65536; PRAGMA mmap_size=1073741824;"},
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework", "django_filters", "benchmarks"],
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    MIDDLEWARE=[],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
)
django.setup()

# What needs the settings comes after them.
import django_filters  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.db.models.expressions import RawSQL  # noqa: E402
from django.urls import path  # noqa: E402
from django_filters.rest_framework import DjangoFilterBackend  # noqa: E402
from rest_framework import generics, pagination, serializers  # noqa: E402

APP = "benchmarks"
"""Models belong to an application: the package that this module is in."""
FACETS = {"topic": "topics", "stage": "stages", "format": "format"}


class Topic(models.Model):
    slug = models.CharField(primary_key=True, max_length=80)
    label = models.CharField(max_length=200)

    class Meta:
        managed, app_label, db_table = False, APP, "topics"


class Stage(models.Model):
    slug = models.CharField(primary_key=True, max_length=80)
    label = models.CharField(max_length=200)

    class Meta:
        managed, app_label, db_table = False, APP, "stages"


class Publication(models.Model):
    id = models.IntegerField(primary_key=True)
    slug = models.CharField(max_length=80)
    title = models.TextField()
    summary = models.TextField()
    language = models.CharField(max_length=8)
    issued = models.CharField(max_length=10)
    issued_on = models.CharField(max_length=10)
    issued_until = models.CharField(max_length=10)
    licence = models.CharField(max_length=40, null=True)
    venue = models.TextField()
    volume = models.CharField(max_length=20)
    pages = models.CharField(max_length=20)
    landing_page = models.TextField()
    doi = models.CharField(max_length=200)
    authors = models.JSONField()
    format = models.CharField(max_length=80)
    topics = models.ManyToManyField(Topic, through="PublicationTopic")
    stages = models.ManyToManyField(Stage, through="PublicationStage")

    class Meta:
        managed, app_label, db_table = False, APP, "publications"


class PublicationTopic(models.Model):
    pk = models.CompositePrimaryKey("topic_id", "publication_id")
    publication = models.ForeignKey(Publication, models.CASCADE, db_column="publication")
    topic = models.ForeignKey(Topic, models.CASCADE, db_column="topic")

    class Meta:
        managed, app_label, db_table = False, APP, "publications_topics"


class PublicationStage(models.Model):
    pk = models.CompositePrimaryKey("stage_id", "publication_id")
    publication = models.ForeignKey(Publication, models.CASCADE, db_column="publication")
    stage = models.ForeignKey(Stage, models.CASCADE, db_column="stage")

    class Meta:
        managed, app_label, db_table = False, APP, "publications_stages"


class PublicationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Publication
        fields = "__all__"


class PublicationFilter(django_filters.FilterSet):
    topic = django_filters.CharFilter(field_name="topics__slug")
    stage = django_filters.CharFilter(field_name="stages__slug")
    issued_since = django_filters.CharFilter(field_name="issued_until", lookup_expr="gte")
    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Publication
        fields: list[str] = []

    def search(self, queryset: Any, _name: str, words: str) -> Any:
        found = "SELECT rowid FROM publications_fts WHERE publications_fts MATCH %s"
        return queryset.filter(id__in=RawSQL(found, [words]))


class Pages(pagination.PageNumberPagination):
    page_size = 25


class PublicationList(generics.ListAPIView):
    queryset = Publication.objects.order_by("id").prefetch_related("topics", "stages")
    serializer_class = PublicationSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = PublicationFilter
    pagination_class = Pages

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().list(request, *args, **kwargs)
        chosen = self.filter_queryset(self.get_queryset()).order_by()
        found = Publication.objects.filter(id__in=chosen.values("id"))  # else a facet counts what was filtered by alone
        wanted = request.query_params.get("facets", "")
        response.data["facets"] = {name: self.counts(found, name) for name in wanted.split(",") if name}
        return response

    def counts(self, found: Any, name: str) -> dict[str, int]:
        field = FACETS[name]
        return dict(found.values_list(field).annotate(number=models.Count("id")))


urlpatterns = [path("publications/", PublicationList.as_view())]
application = get_asgi_application()


def make_app() -> Any:
    """As Uvicorn asks for it."""
    return application
