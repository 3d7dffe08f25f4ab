// The page one logs in at: whoever sits here next does not see where the last one was. Theme and other choices stay.
"use strict";

try {
  localStorage.removeItem("purser-recent");
  sessionStorage.clear();
} catch { /* nothing is kept where nothing can be */ }
