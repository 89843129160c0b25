"""HTTP for the whole service.

The middleware stack around the application, the response cache, problem documents and logs. An ASGI application
comes in; one that a server runs goes out.

The way of a request, each step a class of its own:

1. `server.protocol` parses it. Of a connection's plain GETs it asks the fast path first (`middleware.fast_path`): where
   the response cache has the answer and the published revision has not moved since, the bytes are sent without an ASGI
   application being run at all. This is the known-answer path; everything below is for the rest.
2. `RequestLogMiddleware` gives it an id, asks the same cache for servers that know no fast path, turns an error that
   nobody caught into a problem document, and writes the line of the log.
3. `ClientConcurrencyMiddleware` (behind proxies), `RequestLimitsMiddleware` and `MethodsMiddleware` refuse what is too
   much, malformed or of no method that the address has.
4. `ResponseCache` answers from memory, or keeps what is answered below: one entry for each path, query and
   representation, valid for one published revision, with its strong ETag; it also gives 304 and stale answers.
5. `UrlValidationMiddleware` refuses addresses that are no text; the FastAPI application does the rest.

Errors are raised as `kit.errors` and become responses in `problems` alone; bodies of JSON are read in `bodies` alone;
what a handler needs of the application it gets from `services`.
"""
