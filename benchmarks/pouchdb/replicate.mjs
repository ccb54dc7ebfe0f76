// SPDX-License-Identifier: BSL-1.0
// PouchDB on LevelDB, first sync over HTTP on this machine: a server in a process of its own, and a
// device. Prints {"rows": N, "pull": [seconds…], "push": […]} with a figure for each round.
//
//     node replicate.mjs ROWS ROUNDS
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import express from "express";
import pouchAsExpress from "express-pouchdb";
import PouchDB from "pouchdb";

// With 1,000 a push never ends.
const batch = { batch_size: 500 };

// The same shape as the book of benchmarks/workload.hpp.
function book(number) {
    const digest = createHash("md5").update(String(number)).digest("hex");
    return {
        _id: digest.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
        tenant_id: "library-042",
        title: `The ${digest.slice(0, 16)} and the sea, part ${number}`,
        author: `Author ${digest.slice(16, 26)}`,
        pages: 1 + (number % 1200),
        rating: (number % 50) / 10,
        is_deleted: false,
        version: 1 + (number % 9),
        sync_status: "synced",
        updated_at: 1700000000000000 + number,
    };
}

function books(count) {
    return Array.from({ length: count }, (_, number) => book(number));
}

async function seconds(work) {
    const start = process.hrtime.bigint();
    await work();
    return Number(process.hrtime.bigint() - start) / 1e9;
}

async function serve(folder, rows) {
    const Here = PouchDB.defaults({ prefix: folder + "/" });
    await new Here("full").bulkDocs(books(rows));
    const app = express();
    app.use("/", pouchAsExpress(Here, { inMemoryConfig: true, logPath: folder + "/log.txt" }));
    const listening = app.listen(0, "127.0.0.1", () => process.send(listening.address().port));
}

async function measure(rows, rounds) {
    const folder = mkdtempSync(join(tmpdir(), "pouchdb-"));
    const server = fork(process.argv[1], ["serve", folder, String(rows)]);
    const port = await new Promise((told) => server.once("message", told));
    const of = (name) => `http://127.0.0.1:${port}/${name}`;
    const found = { rows, pull: [], push: [] };
    for (let round = 0; round < rounds; ++round) {
        const mine = new PouchDB(`${folder}/pull${round}`);
        found.pull.push(await seconds(() => mine.replicate.from(of("full"), batch)));
        if ((await mine.info()).doc_count < rows) throw new Error("rows are missing");
        const written = new PouchDB(`${folder}/push${round}`);
        await written.bulkDocs(books(rows));
        found.push.push(await seconds(() => written.replicate.to(of("from" + round), batch)));
    }
    server.kill();
    rmSync(folder, { recursive: true });
    console.log(JSON.stringify(found));
    process.exit(0);
}

if (process.argv[2] === "serve") await serve(process.argv[3], Number(process.argv[4]));
else await measure(Number(process.argv[2]), Number(process.argv[3]));
