"""The OpenAPI document: the models, parameters and operations of every collection come in from the index's schema, the
operations that FastAPI knows from its routes, what else a package has to say from `app.main`; out go the whole
document and its two parts, of readers and of staff."""
