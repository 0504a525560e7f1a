// Forms of the console: sent as JSON from this page only, answered in one line beside them.

const value = (field) => {
  if (field.type === "checkbox") return field.checked;
  if (field.multiple) return [...field.selectedOptions].map((option) => Number(option.value));
  if (field.value === "") return undefined;
  return field.type === "number" || "number" in field.dataset ? Number(field.value) : field.value;
};

const given = (form) => {
  const body = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if ("list" in field.dataset) {
      if (field.checked) (body[field.name] ??= []).push(Number(field.value));
      continue;
    }
    const said = value(field);
    if (said !== undefined) body[field.name] = said;
  }
  return body;
};

const tell = (form, line, bad) => {
  const place = form.closest(".part")?.querySelector(".said-back") ?? document.querySelector(".said-back");
  if (!place) return;
  place.textContent = line;
  place.classList.toggle("bad", bad);
  place.scrollIntoView({ block: "nearest" });
};

async function send(form) {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given(form)) };
  let answer;
  try {
    answer = await fetch(form.dataset.post, { ...options, signal: AbortSignal.timeout(20000) });
  } catch {
    return tell(form, "连不上服务，请确认楼铃还在运行", true);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) return tell(form, body.error ?? `请求失败（${answer.status}）`, true);
  if (body.said) sessionStorage.setItem("said", body.said);
  location.reload();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.post) return;
  event.preventDefault();
  if (form.dataset.sure && !window.confirm(form.dataset.sure)) return;
  const button = form.querySelector("button");
  button.disabled = true;
  await send(form);
  button.disabled = false;
});

const said = sessionStorage.getItem("said");
if (said) {
  sessionStorage.removeItem("said");
  const place = document.querySelector(".said-back");
  if (place) place.textContent = said;
}
