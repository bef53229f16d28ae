// An app that imports callvitals as its own module; the address is in the page's <meta>.
const { content } = document.querySelector("meta[name=sdk]");
window.callvitals = await import(content);
