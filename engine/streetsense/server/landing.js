// The page asks the same interface as every other client. What comes from the server is shown as text, never as HTML.

const JOBS_EVERY = 2000;
const REST_EVERY = 20000;
const SHOWN_JOBS = 10;
const COUNTED_JOBS = 100;
const LOG_KEPT = 200000;
const PLACE = "streetsense-token";

const rows = new Map();
let token = takeToken();
let timers = [];
let passed = 0; // newer jobs that are not shown

const at = (id) => document.getElementById(id);

function element(name, classes, text) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Take the token from the address (#token=…), where no server sees it, or from this tab's memory. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(PLACE, given);
    history.replaceState(null, "", location.pathname);
  }
  return given ?? sessionStorage.getItem(PLACE);
}

class Refused extends Error {}

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({ detail: `the server answered ${answer.status}` }));
  throw answer.status === 401 ? new Refused(problem.detail) : new Error(problem.detail);
}

function close(sentence) {
  timers.forEach(clearInterval);
  timers = [];
  token = null;
  sessionStorage.removeItem(PLACE);
  rows.clear();
  passed = 0;
  for (const id of ["jobs", "studies", "processes"]) at(id).replaceChildren();
  at("house").hidden = at("forget").hidden = true;
  at("door").hidden = false;
  at("state").textContent = "";
  at("refusal").textContent = sentence;
  at("token").value = "";
  at("token").focus();
}

async function open() {
  at("refusal").textContent = "";
  if (!(await attempt(showJobs))) {
    if (token) setTimeout(open, JOBS_EVERY);
    return;
  }
  at("door").hidden = true;
  at("house").hidden = at("forget").hidden = false;
  timers = [
    setInterval(() => document.hidden || attempt(showJobs), JOBS_EVERY),
    setInterval(() => document.hidden || attempt(showStudies), REST_EVERY),
  ];
  await Promise.all([attempt(showStudies), attempt(showProcesses)]);
}

/** Do something that asks the server; say what went wrong. */
async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof Refused) {
      close(error.message);
    } else {
      const lost = error instanceof TypeError;
      at("state").textContent = lost ? "The server does not answer; trying again." : error.message;
    }
    return false;
  }
}

async function showJobs() {
  const [answer, atWork] = await Promise.all([
    ask(`jobs?limit=${SHOWN_JOBS}&offset=${passed}`),
    ask(`jobs?limit=${COUNTED_JOBS}&status=running&status=accepted`),
  ]);
  // The server's clock: the time that is left must not depend on this computer's.
  const now = Date.parse(answer.headers.get("Date")) || Date.now();
  const { jobs, links } = await answer.json();
  if (passed && !jobs.length) {
    // These were taken off the list meanwhile.
    passed = 0;
    return showJobs();
  }
  const counted = await atWork.json();
  const active = counted.jobs.length;
  const number = hasNext(counted.links) ? `more than ${active}` : active;
  at("state").textContent = active ? `${number} ${active === 1 ? "job" : "jobs"} at work or waiting` : "Nothing to do";
  at("no-jobs").hidden = jobs.length > 0;
  at("newer").disabled = passed === 0;
  at("older").disabled = !hasNext(links);
  at("pages").hidden = at("newer").disabled && at("older").disabled;
  at("place").textContent = jobs.length > 1 ? `${passed + 1} to ${passed + jobs.length}` : `${passed + 1}`;
  const known = new Set(jobs.map((job) => job.jobID));
  for (const [id, row] of rows) {
    if (!known.has(id)) {
      row.item.remove();
      rows.delete(id);
    }
  }
  jobs.forEach((job, place) => {
    const row = rows.get(job.jobID) ?? newRow(job);
    const there = at("jobs").children[place];
    if (there !== row.item) at("jobs").insertBefore(row.item, there ?? null);
    fill(row, job, now);
  });
  await Promise.all([...rows.values()].filter((row) => !row.log.hidden).map(readLog));
}

function hasNext(links) {
  return links.some((link) => link.rel === "next");
}

function newRow(job) {
  const row = {
    id: job.jobID,
    item: element("li", "job"),
    badge: element("span", "badge"),
    bar: element("progress"),
    message: element("p"),
    times: element("p", "faint"),
    log: element("pre"),
    offset: 0,
    more: element("button", "", "Log"),
    cancel: element("button", "", "Cancel"),
  };
  const line = element("div", "line");
  row.more.type = row.cancel.type = "button";
  row.log.hidden = true;
  row.log.tabIndex = 0;
  row.bar.max = 100;
  row.bar.setAttribute("aria-label", `progress of ${job.jobID}`);
  row.more.setAttribute("aria-expanded", "false");
  row.more.addEventListener("click", () => {
    row.log.hidden = !row.log.hidden;
    row.more.setAttribute("aria-expanded", String(!row.log.hidden));
    if (!row.log.hidden) attempt(() => readLog(row));
  });
  row.cancel.addEventListener("click", async () => {
    row.cancel.disabled = true;
    await attempt(() => ask(`jobs/${encodeURIComponent(row.id)}`, { method: "DELETE" }));
    await attempt(showJobs);
    row.cancel.disabled = false;
  });
  line.append(element("span", "what", `${job.processID} · ${job.study}`), row.badge, row.more, row.cancel);
  row.item.append(line, row.bar, row.message, row.times, row.log);
  rows.set(job.jobID, row);
  return row;
}

function fill(row, job, now) {
  const active = job.status === "accepted" || job.status === "running";
  row.badge.textContent = job.status === "running" ? `running, ${job.progress} %` : job.status;
  row.badge.className = `badge ${job.status}`;
  row.cancel.hidden = !active;
  row.bar.hidden = job.status !== "running";
  row.bar.value = job.progress;
  row.message.textContent = job.message;
  row.message.hidden = !job.message;
  row.times.textContent = times(job, now);
}

function times(job, now) {
  const parts = [`created ${new Date(job.created).toLocaleString()}`];
  if (job.started) {
    const end = job.finished ? Date.parse(job.finished) : now;
    parts.push(`${job.finished ? "ran" : "runs for"} ${duration(end - Date.parse(job.started))}`);
  }
  if (job.estimatedCompletion && job.status === "running") {
    parts.push(`about ${duration(Date.parse(job.estimatedCompletion) - now)} left`);
  }
  return [...parts, job.jobID].join(" · ");
}

function duration(milliseconds) {
  if (milliseconds > 0 && milliseconds < 10000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

async function readLog(row) {
  if (row.reading) return;
  row.reading = true;
  try {
    const answer = await ask(`jobs/${encodeURIComponent(row.id)}/log?offset=${row.offset}`);
    const text = await answer.text();
    row.offset = Number(answer.headers.get("Next-Offset"));
    const atEnd = row.log.scrollTop + row.log.clientHeight >= row.log.scrollHeight - 4;
    if (text) row.log.textContent = (row.log.textContent + text).slice(-LOG_KEPT);
    if (atEnd) row.log.scrollTop = row.log.scrollHeight;
  } finally {
    row.reading = false;
  }
}

async function showStudies() {
  const { studies } = await (await ask("studies")).json();
  at("no-studies").hidden = studies.length > 0;
  at("studies").replaceChildren(...studies.map((study) => studyItem(study)));
}

function studyItem(study) {
  const item = element("li", "", study.name);
  if (study.title !== study.name) item.append(element("span", "faint", ` ${study.title}`));
  return item;
}

async function showProcesses() {
  const { processes } = await (await ask("processes")).json();
  at("processes").replaceChildren(
    ...processes.map((process) => {
      const [item, details, summary] = [element("li"), element("details"), element("summary")];
      summary.append(element("code", "", process.id), ` ${process.title}`);
      details.append(summary, element("p", "", process.description));
      details.addEventListener("toggle", () => attempt(() => showInputs(process.id, details)), { once: true });
      item.append(details);
      return item;
    }),
  );
}

async function showInputs(id, details) {
  const { inputs } = await (await ask(`processes/${encodeURIComponent(id)}`)).json();
  const list = element("dl");
  for (const [name, input] of Object.entries(inputs)) {
    const needed = input.minOccurs > 0 ? " (needed)" : "";
    list.append(element("dt", "", name), element("dd", "", input.description + needed));
  }
  details.append(list);
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  sessionStorage.setItem(PLACE, token);
  open();
});
for (const [id, step] of [["newer", -SHOWN_JOBS], ["older", SHOWN_JOBS]]) {
  at(id).addEventListener("click", async () => {
    passed = Math.max(0, passed + step);
    await attempt(showJobs);
    at("jobs-title").scrollIntoView({ block: "nearest" });
  });
}
at("forget").addEventListener("click", () => close(""));

if (token) open();
else close("");
