// Puts users and groups into Recado's directory, as a backend mirrors its own.
// Usage: node mirror.mjs <http-url> <members of a group> <groups>, with INTERNAL_API_SECRET in the environment
//
// Group n has the users from (n - 1) * members + 1 on, all of them called by numbers.

const [url, members, groups] = process.argv.slice(2).map((arg, at) => (at === 0 ? arg : Number(arg)));
const headers = { "X-Internal-Secret": process.env.INTERNAL_API_SECRET, "Content-Type": "application/json" };

const put = async (path, body) => {
  const answer = await fetch(`${url}/internal${path}`, { method: "PUT", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
};

const range = (from, count) => Array.from({ length: count }, (_, at) => from + at);

const inTurns = async (numbers, work) => {
  const left = [...numbers];
  await Promise.all(range(0, 16).map(async () => {
    while (left.length > 0) await work(left.shift());
  }));
};

await inTurns(range(1, members * groups), (user) => put(`/users/${user}`, { name: `User ${user}` }));
await inTurns(range(1, groups), (group) => {
  const ids = range((group - 1) * members + 1, members);
  return put(`/groups/${group}`, { name: `Group ${group}`, members: ids.map((id) => ({ userId: `${id}` })) });
});
