async function update() {
  const numbers = await (await fetch("/dashboard/numbers")).json();
  document.getElementById("process").textContent = numbers.process;
  document.getElementById("uptime").textContent = `${numbers.uptime} s`;
  document.getElementById("asked").textContent = `${numbers.asked} ×`;
}

update();
setInterval(update, 2000);
