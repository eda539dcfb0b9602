const contacts = document.getElementById("contacts");
const chat = document.getElementById("chat");
const form = document.getElementById("say");

function add(list, text, detail = "") {
  const item = list.appendChild(document.createElement("li"));
  item.append(text);
  if (detail) item.appendChild(document.createElement("small")).textContent = detail;
  list.scrollTop = list.scrollHeight;
}

// The JSON API.
fetch("/api/contacts")
  .then((response) => response.json())
  .then((data) => data.contacts.forEach((each) => add(contacts, each.name, each.berth)));

// Server-sent events.
const events = new EventSource("/events");
events.addEventListener("listeners", (event) => {
  document.getElementById("listeners").textContent = `${event.data} on this channel`;
});
events.addEventListener("contact", (event) => {
  const contact = JSON.parse(event.data);
  add(contacts, contact.name, contact.berth);
});

// The WebSocket.
const socket = new WebSocket(location.origin.replace("http", "ws") + "/chat");
socket.addEventListener("message", (event) => add(chat, event.data));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  socket.send(form.message.value);
  form.reset();
});
