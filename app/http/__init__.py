"""HTTP for the whole service.

The middleware stack around the application, the response cache, problem documents and logs. An ASGI application
comes in; one that a server runs goes out.

The path of a request; each step is a class:

1. `server.protocol` parses it. A plain GET is offered to the fast path first (`middleware.fast_path`): if the response
   cache has the response and the published revision is still the same, the bytes are sent without running the ASGI
   application at all. This is the known-answer path; the steps below are for all other requests.
2. `RequestLogMiddleware` gives it an id, asks the same cache (for servers without a fast path), turns an uncaught
   error into a problem document, and writes the log line.
3. `ClientConcurrencyMiddleware` (behind proxies), `RequestLimitsMiddleware` and `MethodsMiddleware` refuse requests
   that are too many, too large or malformed, or whose method is not allowed.
4. `ResponseCache` answers from memory, or stores the response from below: one entry for each path, query and
   representation, valid for one published revision, with a strong ETag; it also answers with 304 and stale responses.
   `server.protocol` is given head and body as bytes; other servers, and clients that are waited for, get messages.
5. `UrlValidationMiddleware` refuses URLs that are not valid text; the FastAPI application does the rest.

Errors are raised as `kit.errors` and become responses in `problems` alone; JSON bodies are read in `bodies` alone;
handlers get what they need of the application from `services`.
"""
