(() => {
  const form = document.getElementById("passkey");
  if (!form) return;
  const problem = document.getElementById("problem");
  const go = form.querySelector("[value=confirm]");
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const say = (what) => {
    problem.textContent = problem.dataset[what];
    problem.hidden = false;
  };
  const list = (all) => (all || []).map((c) => ({ ...c, id: bytes(c.id) }));
  const ask = async (o) => {
    o.challenge = bytes(o.challenge);
    if (o.user) {
      o.user.id = bytes(o.user.id);
      o.excludeCredentials = list(o.excludeCredentials);
      const c = await navigator.credentials.create({ publicKey: o });
      return [c, { attestationObject: text(c.response.attestationObject) }];
    }
    o.allowCredentials = list(o.allowCredentials);
    const c = await navigator.credentials.get({ publicKey: o });
    const r = { authenticatorData: text(c.response.authenticatorData), signature: text(c.response.signature) };
    if (c.response.userHandle && c.response.userHandle.byteLength) r.userHandle = text(c.response.userHandle);
    return [c, r];
  };
  let denies = false;
  form.addEventListener("click", (e) => {
    denies = e.target.value === "not_me";
  });
  form.addEventListener("submit", async (e) => {
    if (denies) return;
    e.preventDefault();
    if (!window.PublicKeyCredential) return say("unsupported");
    go.disabled = true;
    problem.hidden = true;
    try {
      const [c, response] = await ask(JSON.parse(form.dataset.options));
      response.clientDataJSON = text(c.response.clientDataJSON);
      form.elements.credential.value = JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, response, clientExtensionResults: {} });
      form.submit();
    } catch {
      say("refused");
      go.disabled = false;
    }
  });
})();
