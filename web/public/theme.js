// Sets the colour scheme before the first paint, so that a dark screen never flashes white.
(function () {
  var scheme = null;
  try {
    scheme = localStorage.getItem("cs-theme");
  } catch {
    // Storage may be blocked: then the system decides.
  }
  if (scheme !== "light" && scheme !== "dark") {
    scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
