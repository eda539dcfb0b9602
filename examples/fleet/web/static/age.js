// How long this page has been open: a swapped stylesheet leaves it alone, a reload starts it anew.
const age = document.getElementById("age");

setInterval(() => {
  age.textContent = `${Math.floor(performance.now() / 1000)} s`;
}, 1000);
