// Select2 draws a box without a name where the admin searches as one types: it gets the name of its field.
"use strict";

addEventListener("load", () => {
  for (const box of document.querySelectorAll("span.select2-selection__rendered[role=textbox]")) {
    const field = box.closest(".select2-container")?.previousElementSibling;
    const label = field?.labels?.[0]?.textContent.trim().replace(/:$/, "");
    if (label) box.setAttribute("aria-label", label);
  }
});
