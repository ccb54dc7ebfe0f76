// SPDX-License-Identifier: BSL-1.0
// admin_engine_client: a device of admin_engine, with its rows in a file of its own.
#include "entities.hpp"
#include <syncfw/app/client.hpp>

int main(int argc, char** argv) {
    return syncfw::app::client<admin_engine::engine>(
        argc, argv,
        {.program = "admin_engine_client",
         .server = "http://127.0.0.1:3000",
         .about = "Users and interactions on this device, in step with admin_engine.",
         .verbs = {"add", "edit", "remove", "restore", "list", "status", "push", "pull", "pending",
                   "sync", "watch", "conflicts", "resolve", "parked"}});
}
