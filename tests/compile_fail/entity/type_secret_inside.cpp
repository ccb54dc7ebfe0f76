// SPDX-License-Identifier: BSL-1.0
// expect: a secret must be a field of the entity itself
#include <syncfw/core/secret.hpp>
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

struct login {
    std::string name{};
#ifdef SYNCFW_MISTAKE
    syncfw::secret<std::string> password{};
#endif
};
struct user {
    int id = 0;
    login first{};
    syncfw::secret<std::string> password{};

    static constexpr auto sync_entity =
        entity<"user">(field<&user::id>(primary_key), field<&user::password>(encrypted));
};
static_assert(syncfw::entity_of<user>.fields.size() == 3);
