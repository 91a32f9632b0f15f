// Prints each prediction that a text service keeps in Redis, as a program in another language reads
// it: a line of JSON for each, with the key's name, how long it will live, in ms, and the body.
//
// usage: node read_predictions.cjs SOCKET
'use strict';

const Redis = require('ioredis');

async function main(socket) {
  const redis = new Redis({ path: socket, maxRetriesPerRequest: 1 });
  for await (const names of redis.scanStream({ match: 'refrain:1:text:*:*' })) {
    for (const name of names) {
      const [value, lifetime] = await Promise.all([redis.get(name), redis.pttl(name)]);
      console.log(JSON.stringify({ name, lifetime, body: JSON.parse(value).body }));
    }
  }
  await redis.quit();
}

main(process.argv[2]).catch((error) => {
  console.error(`read_predictions: ${error.message}`);
  process.exit(1);
});
