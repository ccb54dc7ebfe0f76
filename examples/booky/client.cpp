// SPDX-License-Identifier: BSL-1.0
// Booky on a device: `booky add book title=Dune`, `booky sync`. It works offline for everything.
#include "library.hpp"
#include <syncfw/app/client.hpp>

int main(int argc, char** argv) {
    return syncfw::app::client<booky::library>(
        argc, argv,
        {.program = "booky",
         .server = "http://127.0.0.1:3001",
         .about = "Your books, on this device and on all your others.",
         .verbs = {"add", "edit", "remove", "list", "status", "pending", "sync", "full-sync",
                   "watch", "conflicts", "resolve", "parked"},
         .renamed = {{"remove", "delete"}, {"watch", "monitor"}},
         .of_user = true});
}
