// Starts swagger-ui on the shop's own OpenAPI document; nothing is loaded from another host.
const place = document.querySelector("#api");
window.SwaggerUIBundle({
  url: place.dataset.openapi,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
  persistAuthorization: false,
});
