import type { RequestHandler } from 'express';

const script = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true });`;

/** The reference page of the API, drawn from /openapi.json. */
export const docsPage: RequestHandler = (request, response) => {
  if (request.query['part'] === 'start') {
    response.type('text/javascript').send(script);
    return;
  }
  // The viewer sets styles inline and draws its icons from data: URLs.
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  );
  response.type('html').send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>EmailSendX API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs?part=start"></script>
</body>
</html>`);
};
