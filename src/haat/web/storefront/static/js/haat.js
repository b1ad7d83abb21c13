// What script adds to pages that work without it. Six custom elements and the care for focus after a swap.

const $ = (selector, root = document) => root.querySelector(selector);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const icon = (name) => {
  const sprite = $("use", $(".brand"))?.getAttribute("href").split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "i s");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
};

// <haat-suggest>: a combobox with a list, as the ARIA Authoring Practices describe it. The list only offers:
// typing and Enter search for what was typed, as without script.
class Suggest extends HTMLElement {
  #items = [];
  #at = -1;
  #asked = "";
  #timer = 0;
  #request = null;

  connectedCallback() {
    this.form = this.closest("form") ?? $("form", this);
    this.input = $("input[type=search]", this);
    if (!this.input || this.list) return;
    this.list = make("ul", { id: `${this.input.id}-list`, class: "hints", role: "listbox", "aria-label": "Suggestions", hidden: "" });
    this.said = make("p", { class: "vh", role: "status" });
    this.input.after(this.list, this.said);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id, autocapitalize: "off", spellcheck: "false",
    })) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.#later());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.#close());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#choose(Number(option.dataset.at));
    });
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), 120);
  }

  async #ask() {
    const typed = this.input.value.trim();
    if (typed === this.#asked && this.#items.length) return this.#open();
    this.#request?.abort();
    this.#asked = typed;
    if (!typed) return this.#show([]);
    this.#request = new AbortController();
    try {
      const answer = await fetch(`${this.getAttribute("src")}?q=${encodeURIComponent(typed)}`, { signal: this.#request.signal });
      if (answer.ok) this.#show(this.#read(await answer.json()));
    } catch (error) {
      if (error.name !== "AbortError") this.#show([]);
    }
  }

  #read({ suggestions = [] }) {
    const search = (name, value) => `/search?${new URLSearchParams({ [name]: value })}`;
    return suggestions.slice(0, 10).map(({ kind, text, highlight = [], category_id: category, brand }) => ({
      text,
      highlight,
      icon: { category: "shop", brand: "star" }[kind] ?? "search",
      small: { category: "stall", brand: "brand" }[kind],
      fills: kind === "completion",
      url: category ? `/c/${encodeURIComponent(category)}` : brand ? search("brand", brand) : search("q", text),
    }));
  }

  #show(items) {
    this.#items = items;
    this.#at = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...items.map((item, index) => {
      const words = make("span", { dir: "auto" });
      let at = 0; // what was typed stays plain, what we add is bold
      for (const [from, to] of item.highlight) {
        if (from > at) words.append(make("b", {}, item.text.slice(at, from)));
        words.append(item.text.slice(from, to));
        at = to;
      }
      if (at < item.text.length) words.append(make("b", {}, item.text.slice(at)));
      if (item.small) words.append(make("small", {}, item.small));
      return make("li", { id: `${this.list.id}-${index}`, role: "option", "aria-selected": "false", "data-at": index }, icon(item.icon), words);
    }));
    if (items.length && document.activeElement === this.input) this.#open();
    else this.#close();
    this.said.textContent = items.length === 1 ? "1 suggestion" : items.length ? `${items.length} suggestions` : "";
  }

  #open() {
    if (!this.#items.length) return;
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  #close() {
    this.list.hidden = true;
    this.#mark(-1);
    this.input.setAttribute("aria-expanded", "false");
  }

  #mark(at) {
    this.list.children[this.#at]?.setAttribute("aria-selected", "false");
    this.#at = at;
    const option = this.list.children[at];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  #choose(at) {
    const item = this.#items[at];
    if (item.fills) this.input.value = item.text;
    this.#close();
    location.assign(item.url);
  }

  #key(event) {
    const last = this.#items.length - 1;
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return last >= 0 && this.input.value.trim() === this.#asked ? this.#open() : this.#ask();
      if (event.altKey) return event.key === "ArrowUp" && this.#close();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = this.#at + step;
      this.#mark(next > last ? -1 : next < -1 ? last : next);
    } else if (event.key === "Enter" && open && this.#at >= 0) {
      event.preventDefault();
      this.#choose(this.#at);
    } else if (event.key === "Escape") {
      if (open) event.preventDefault(), this.#close();
    }
  }
}

// <haat-pin>: says the town as soon as six digits stand there, and what is wrong without a reload.
class Pin extends HTMLElement {
  connectedCallback() {
    this.form = $("form", this) ?? this.closest("form");
    this.input = $("input[name=pincode]", this);
    this.hint = $("[data-hint]", this);
    if (!this.input || !this.hint) return;
    this.usual = this.hint.textContent;
    this.hint.setAttribute("aria-live", "polite");
    this.input.addEventListener("input", () => this.#look());
    this.form.addEventListener("submit", (event) => {
      const digits = this.input.value.replace(/\D/g, "");
      if (/^[1-9]\d{5}$/.test(digits)) return;
      event.preventDefault();
      this.#say(digits.length === 6 ? "A PIN code does not begin with 0." : `${digits.length} digit${digits.length === 1 ? "" : "s"}. A PIN code has 6.`, true);
      this.input.focus();
    });
  }

  async #look() {
    const digits = this.input.value.replace(/\s/g, "");
    if (!/^[1-9]\d{5}$/.test(digits)) return this.#say(this.usual, false);
    try {
      const answer = await fetch(`/api/v1/serviceability/${digits}`);
      if (digits !== this.input.value.replace(/\s/g, "")) return;
      const place = answer.ok ? await answer.json() : null;
      if (place && place.served !== false) this.#say([place.city, place.state].filter(Boolean).join(", "), false);
      else if (place || answer.status === 404) this.#say(`We do not deliver to ${digits} yet.`, true);
    } catch { /* offline: the form itself will tell */ }
  }

  #say(words, wrong) {
    this.hint.textContent = words;
    this.hint.classList.toggle("err", wrong);
    this.hint.classList.toggle("hint", !wrong);
    if (wrong) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}

// <haat-sheet>: keeps the focus inside the filter sheet of phones while it is open, and gives it back.
class Sheet extends HTMLElement {
  #narrow = matchMedia("(max-width: 59.99rem)");

  connectedCallback() {
    addEventListener("hashchange", () => this.#turn());
    this.addEventListener("keydown", (event) => {
      if (!this.#open) return;
      if (event.key === "Escape") location.hash = "#results";
      if (event.key !== "Tab") return;
      const stops = [...this.querySelectorAll("a[href], button, input, summary")].filter((stop) => stop.checkVisibility());
      const edge = event.shiftKey ? stops[0] : stops.at(-1);
      if (document.activeElement === edge) event.preventDefault(), stops.at(event.shiftKey ? -1 : 0).focus();
    });
    this.#turn();
  }

  get #open() {
    return this.#narrow.matches && location.hash === "#filters";
  }

  #turn() {
    const sheet = $("#filters", this);
    if (this.#open) {
      sheet.setAttribute("role", "dialog");
      sheet.setAttribute("aria-modal", "true");
      this.was = true;
      $("a, button, input", sheet)?.focus();
    } else if (this.was) {
      this.was = false;
      sheet.removeAttribute("role");
      sheet.removeAttribute("aria-modal");
      $("a[href='#filters']")?.focus();
    }
  }
}

// <haat-gallery>: the small pictures move the strip without moving the page.
class Gallery extends HTMLElement {
  connectedCallback() {
    const strip = $(".shots", this);
    const thumbs = [...this.querySelectorAll(".thumbs a")];
    if (!strip || thumbs.length < 2) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const mark = (at) => thumbs.forEach((thumb, other) => (other === at ? thumb.setAttribute("aria-current", "true") : thumb.removeAttribute("aria-current")));
    thumbs.forEach((thumb, at) => thumb.addEventListener("click", (event) => {
      event.preventDefault();
      const shot = strip.children[at];
      strip.scrollTo({ left: shot.offsetLeft - strip.children[0].offsetLeft, behavior: calm ? "auto" : "smooth" });
      mark(at);
    }));
    const watcher = new IntersectionObserver((seen) => {
      for (const entry of seen) if (entry.isIntersecting) mark([...strip.children].indexOf(entry.target));
    }, { root: strip, threshold: 0.6 });
    for (const shot of strip.children) watcher.observe(shot);
  }
}

// <haat-poll src data-state>: asks how an order stands, at first every two seconds, then more slowly, and shows the page
// anew when that has changed. Silence is never shown as a failure: it only asks again.
class Poll extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.#later(2000);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #later(pause) {
    this.#timer = setTimeout(() => this.#ask(Math.min(pause * 1.2, 15000)), pause);
  }

  async #ask(pause) {
    try {
      const answer = await fetch(this.getAttribute("src"), { headers: { accept: "text/plain" } });
      if (answer.ok && (await answer.text()) !== this.dataset.state) return location.reload();
    } catch {
      // no connection: ask again
    }
    this.#later(pause);
  }
}

// <haat-place>: city and state of the PIN code in an address form, while it is typed.
class Place extends HTMLElement {
  connectedCallback() {
    const input = $("input", this);
    const said = $("output", this);
    let asked = input.value;
    input.addEventListener("input", async () => {
      const pincode = input.value.replace(/\D/g, "");
      if (pincode.length !== 6 || pincode === asked) return;
      asked = pincode;
      const answer = await fetch(`/api/v1/serviceability/${pincode}`).catch(() => null);
      if (!answer?.ok || pincode !== asked) return;
      const place = await answer.json();
      said.classList.toggle("none", !place.served);
      said.textContent = place.served ? [place.city, place.state].filter(Boolean).join(", ") : `We do not deliver to ${pincode} yet.`;
    });
  }
}

customElements.define("haat-poll", Poll);
customElements.define("haat-place", Place);
customElements.define("haat-suggest", Suggest);
customElements.define("haat-pin", Pin);
customElements.define("haat-sheet", Sheet);
customElements.define("haat-gallery", Gallery);

// A part of the page was swapped: if what had the focus is gone, the focus goes to the results' heading.
document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement === document.body || !document.activeElement) $("#rh")?.focus({ preventScroll: false });
});
// A list that could not be had: our error is shown as the page it is; without a connection the old list stays, and says so.
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => location.assign(ctx.request.action));
document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
  if (error?.name === "AbortError") return;
  $("#failed")?.remove();
  const again = make("a", { href: ctx.request.action }, "Try again");
  const words = make("div", {}, "We could not read this list. Perhaps there is no connection. ", again);
  $("#results")?.prepend(make("div", { id: "failed", class: "note mirch", role: "alert" }, icon("alert"), words));
});
// One menu at a time, and a way out by keyboard.
document.addEventListener("keydown", (event) => {
  const box = $(".pinbox[open]");
  if (event.key === "Escape" && box) {
    box.open = false;
    $("summary", box).focus();
  }
});
document.addEventListener("click", (event) => {
  const box = $(".pinbox[open]");
  if (box && !box.contains(event.target)) box.open = false;
});
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".pinbox[open]")) $("input[name=pincode]", event.target)?.select();
}, true);
// What is sent once is not sent twice by a second press; after a step back the button works again.
document.addEventListener("submit", ({ target }) => {
  if (target.method !== "post" || target.dataset.sent) return;
  const button = $("button:not([name])", target);
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  target.addEventListener("submit", (event) => event.preventDefault());
});
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
