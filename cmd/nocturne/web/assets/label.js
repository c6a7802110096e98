"use strict";
// The label page. It holds up to three leased tasks: the one shown and the next
// two, so that no answer waits for the network. Calls run one after another in the
// order of the keys pressed; when one fails the page says so and starts again from
// what the queue says.
(() => {
  const $ = (id) => document.getElementById(id);
  const main = $("content");
  const classes = JSON.parse(main.dataset.classes) || [];
  const AHEAD = 3, BEAT = 60_000, IDLE = 5 * 60_000, RETRY = 15_000;
  let held = [];            // tasks in the order in which they are shown; [0] is on the page
  let said = new Map();     // task -> label given before, to show it after an undo
  const leaving = new Map(); // tasks answered here, not yet taken by the queue: task -> [call, body, sent]
  let work = Promise.resolve();
  let active = Date.now();
  let waiting = 0, toastTimer = 0, undoing = 0;

  // ---- talking to the queue
  async function post(call, body, keepalive = false) {
    let reply;
    try {
      reply = await fetch(`/label/${encodeURIComponent(main.dataset.queue)}/${call}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), keepalive,
      });
    } catch {
      throw { code: "offline", message: "Nocturne does not answer. Is it running?" };
    }
    const json = await reply.json().catch(() => ({}));
    if (!reply.ok) throw json.error || { code: "unavailable", message: "That did not work." };
    if (json.progress) standing(json.progress);
    return json;
  }

  // later runs f after every call before it.
  function later(f) {
    work = work.then(f).catch(async (error) => {
      say(error.message || "Something went wrong.", true);
      if (error.code === "no_name") return ask();
      if (error.code === "nothing_to_undo") return;
      held = [];
      if (error.code === "offline" || error.code === "unavailable" || error.code === "no_queue") return pause("Not connected", error.message);
      await fill().catch((e) => pause("Not connected", e.message || ""));
    });
    return work;
  }

  // fill leases until the page is stocked; it renews what is held.
  async function fill() {
    const { tasks = [] } = await post("next", { n: AHEAD, have: held.map((t) => t.id) });
    const known = new Map(held.map((t) => [t.id, t]));
    const until = (t) => performance.now() + t.seconds * 1000;
    const fresh = tasks.filter((t) => !leaving.has(t.id)).map((t) => Object.assign(known.get(t.id) || t, { until: until(t) }));
    const still = new Set(fresh.map((t) => t.id));
    const first = held[0];
    held = held.filter((t) => still.has(t.id)).concat(fresh.filter((t) => !known.has(t.id)));
    if (held[0] !== first || $("task").hidden) show();
  }

  // ---- showing
  function standing(p) {
    $("progress").max = Math.max(1, p.tasks);
    $("progress").value = p.done;
    $("done").textContent = `${p.done} of ${p.tasks} done` + (p.set_aside ? `, ${p.set_aside} set aside` : "");
    $("mine").textContent = `${p.mine} by you` + (p.people > 1 ? `, ${p.people} people` : "");
    main.dataset.left = p.tasks - p.done - p.set_aside;
  }

  function element(name, text, kind) {
    const e = document.createElement(name);
    if (text !== undefined) e.textContent = text;
    if (kind) e.className = kind;
    return e;
  }

  function show() {
    const t = held[0];
    clearTimeout(waiting);
    if (!t) return nothing();
    $("pause").hidden = true;
    $("task").hidden = false;
    $("task").dataset.task = t.id;
    $("question").textContent = t.title || main.dataset.question || "Which label fits?";
    $("fields").tBodies[0].replaceChildren(...(t.fields || []).map((f) => {
      const row = element("tr"), name = element("th", f.name.replaceAll("_", "_\u200b"));
      name.scope = "row";
      const value = f.null ? element("td", "missing", "missing") : element("td", f.value, f.value.length > 600 ? "long" : "");
      if (value.className === "long") value.tabIndex = 0;
      row.append(name, value);
      return row;
    }));
    $("why").hidden = !(t.guesses?.length || t.evidence?.length);
    const names = new Map(choices(t).map((c) => [c.value, [c.title || c.value, c.hint].filter(Boolean).join(", ")]));
    $("guesses").replaceChildren(...(t.guesses || []).map((g) => {
      const row = element("li"), meter = element("meter");
      meter.min = 0; meter.max = 1; meter.value = g.probability;
      const percent = `${Math.round(g.probability * 100)} %`;
      meter.setAttribute("aria-label", percent);
      row.append(element("span", names.get(g.value) || g.value), meter, element("span", percent, "number"));
      return row;
    }));
    $("evidence").replaceChildren(...(t.evidence || []).map((e) => element("li", e)));
    $("filter").value = "";
    $("filter-row").hidden = choices(t).length <= 9;
    list("");
    tick();
    if (document.activeElement === $("filter") || !$("task").contains(document.activeElement)) $("question").focus({ preventScroll: true });
  }

  const choices = (t) => (t.choices?.length ? t.choices : classes);

  // list shows the choices whose name contains the text looked for; the first nine
  // of them have keys.
  function list(text) {
    const t = held[0], wanted = text.trim().toLowerCase();
    const found = choices(t).filter((c) => `${c.title || ""} ${c.value} ${c.hint || ""}`.toLowerCase().replaceAll("_", " ").includes(wanted));
    const parts = [];
    let group = "";
    found.forEach((c, i) => {
      if (c.group && c.group !== group) parts.push(element("p", (group = c.group), "group"));
      const b = element("button", undefined, "choice");
      b.type = "button";
      b.dataset.value = c.value;
      if (i < 9) b.dataset.key = i + 1;
      const key = element("kbd", i < 9 ? i + 1 : "·");
      if (i < 9) b.setAttribute("aria-keyshortcuts", i + 1); else key.setAttribute("aria-hidden", "true");
      if (said.get(t.id) === c.value) b.setAttribute("aria-pressed", "true");
      b.append(key, element("span", c.title || c.value, "name"));
      if (c.hint) b.append(element("span", c.hint, "hint"));
      parts.push(b);
    });
    $("choices").replaceChildren(...parts);
    $("choices").scrollTop = 0;
    $("no-match").hidden = found.length > 0;
  }

  function pause(title, text, button = true) {
    $("task").hidden = true;
    delete $("task").dataset.task;
    $("lease").textContent = "";
    $("pause-title").textContent = title;
    $("pause-text").textContent = text;
    $("go-on").hidden = !button;
    $("pause").hidden = false;
    $("pause-title").focus({ preventScroll: true });
  }

  function nothing() {
    if (Number(main.dataset.left) > 0) {
      pause("Nothing for you right now", "What is left is held or was answered by others, or you have skipped it. This page looks again every few seconds.", false);
      waiting = setTimeout(() => later(fill), RETRY);
    } else {
      pause("All done", "Every task has its answers. Thank you.", false);
    }
  }

  function say(text, bad = false) {
    const toast = $("said");
    toast.textContent = text;
    toast.classList.toggle("bad", bad);
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { toast.textContent = ""; }, bad ? 7000 : 2500);
  }

  // ---- acting

  // send delivers an answer, also when the page is being left. When the lease is
  // gone it asks for the task again: unless somebody else has it, nothing is lost.
  async function send([call, body]) {
    try {
      await post(call, body, true);
    } catch (error) {
      if (error.code !== "not_leased" && error.code !== "lease_expired") throw error;
      const { tasks = [] } = await post("next", { n: AHEAD, have: held.map((t) => t.id) });
      if (!tasks.some((t) => t.id === body.task)) throw error;
      await post(call, body, true);
    }
  }

  function finish(call, body, text) {
    const t = held.shift();
    const entry = [call, { task: t.id, ...body }, false];
    leaving.set(t.id, entry);
    say(text);
    if (held.length) show(); else $("task").hidden = true;
    later(async () => {
      try {
        entry[2] = true;
        await send(entry);
      } finally {
        leaving.delete(t.id);
      }
      if (held.length < AHEAD) await fill();
    });
  }

  function answer(value) {
    const t = held[0];
    if (!t || $("task").hidden || undoing) return;
    const c = choices(t).find((c) => c.value === value);
    said.set(t.id, value);
    finish("answer", { label: value }, `Labelled: ${c?.title || value}`);
  }

  function skip() {
    if (held[0] && !$("task").hidden && !undoing) finish("skip", {}, "Skipped");
  }

  function undo() {
    undoing++; // a key meant for the task that comes back must not hit the one shown now
    later(async () => {
      const { tasks } = await post("undo", {});
      const t = Object.assign(tasks[0], { until: performance.now() + tasks[0].seconds * 1000 });
      held = [t, ...held.filter((h) => h.id !== t.id)];
      show();
      say("Taken back: answer again");
    }).then(() => { undoing--; });
  }

  function goOn() {
    if ($("pause").hidden || $("go-on").hidden) return;
    later(fill);
  }

  // ---- who
  function ask() {
    $("task").hidden = $("pause").hidden = $("who").hidden = true;
    $("name-form").hidden = false;
    $("name").focus();
  }

  $("name-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = $("name").value.trim();
    if (!name) return;
    later(async () => {
      await post("name", { name });
      $("who").firstElementChild.textContent = main.dataset.annotator = name;
      $("who").hidden = false;
      $("name-form").hidden = true;
      held = [];
      said = new Map();
      await fill();
    });
  });

  $("rename").addEventListener("click", () => {
    later(async () => {
      await post("release", { tasks: held.map((t) => t.id) });
      held = [];
      main.dataset.annotator = "";
      await post("name", { name: "" });
      $("name").value = "";
      ask();
    });
  });

  // ---- keys and clicks
  $("choices").addEventListener("click", (event) => {
    const b = event.target.closest(".choice");
    if (b) answer(b.dataset.value);
  });
  $("skip").addEventListener("click", skip);
  $("undo").addEventListener("click", undo);
  $("undo-too").addEventListener("click", undo);
  $("go-on").addEventListener("click", goOn);
  $("help-open").addEventListener("click", () => $("help").showModal());
  $("filter").addEventListener("input", () => list($("filter").value));
  // The key that leads here must not become the first letter looked for.
  $("filter").addEventListener("beforeinput", (event) => { if (event.data === "/") event.preventDefault(); });
  $("filter").addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      const first = $("choices").querySelector(".choice");
      if (first && $("filter").value.trim()) answer(first.dataset.value);
    } else if (event.key === "Escape") {
      $("filter").value = "";
      list("");
      $("question").focus();
    } else {
      return;
    }
    event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    active = Date.now();
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.target.matches("input, textarea") || $("help").open) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (/^[1-9]$/.test(key)) {
      const b = $("choices").querySelector(`[data-key="${key}"]`);
      if (b && !$("task").hidden) answer(b.dataset.value);
    } else if (key === "s") skip();
    else if (key === "u") { if (main.dataset.annotator) undo(); }
    else if (key === "?") $("help").showModal();
    else if (key === "g" && $("guidelines")) $("guidelines").open = !$("guidelines").open;
    else if (key === "/" && !$("filter-row").hidden) $("filter").focus();
    else if (key === "Enter" && event.target.tagName !== "BUTTON") goOn();
    else return;
    if (key !== "Enter") event.preventDefault();
  });
  document.addEventListener("pointerdown", () => { active = Date.now(); });

  // ---- time
  function tick() {
    const t = held[0];
    if (!t || $("task").hidden) return;
    const left = Math.ceil((t.until - performance.now()) / 1000);
    if (left <= 0) {
      held = [];
      return pause("Still there?", "The time for this task ran out, so others may have it. Nothing that you answered is lost.");
    }
    $("lease").textContent = `held for you for ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    $("lease").classList.toggle("short", left < 60);
  }
  setInterval(tick, 1000);
  setInterval(() => {
    if (held.length && !document.hidden && Date.now() - active < IDLE) later(fill);
  }, BEAT);
  window.addEventListener("pagehide", () => {
    for (const [call, body, sent] of leaving.values()) if (!sent) post(call, body, true).catch(() => {});
    if (held.length) post("release", { tasks: held.map((t) => t.id) }, true).catch(() => {});
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && main.dataset.annotator) { held = []; later(fill); }
  });

  if (main.dataset.annotator) later(fill); else ask();
})();
