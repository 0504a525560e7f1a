// The buttons of the accounts' page: ask where it matters, tell the server, show the page anew.
const failure = document.querySelector(".failure");

async function press(button) {
  const { post, account, ask } = button.dataset;
  if (ask && !window.confirm(ask)) return;
  button.disabled = true;
  try {
    const answer = await fetch(post, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(account ? { account } : {}),
    });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `出错了（${answer.status}）`);
    window.location.reload();
  } catch (error) {
    failure.textContent = error instanceof TypeError ? "连不上服务，请稍后再试。" : error.message;
    failure.hidden = false;
    button.disabled = false;
  }
}

for (const button of document.querySelectorAll("[data-post]")) {
  button.addEventListener("click", () => press(button));
}
