// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "device.hpp"

#include <cstddef>
#include <string>
#include <vector>

syncfw::result<book> add_book(device& mine, std::string title, std::string author,
                              std::int64_t pages);
syncfw::result<std::vector<std::string>> thick_titles(device& mine);
syncfw::result<void> lend(device& mine, const syncfw::uuid& id, std::string reader);
syncfw::result<void> give_away(device& mine, const syncfw::uuid& id);
syncfw::result<syncfw::watch> show_books_of(device& mine, std::string author,
                                            std::function<void(std::size_t)> show);
std::string synchronise(device& mine);
