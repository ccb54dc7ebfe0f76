// SPDX-License-Identifier: BSL-1.0
// expect: a secret field must be encrypted or local_only
#include <syncfw/core/secret.hpp>
#include <syncfw/entity/entity.hpp>

#include <string>

using namespace syncfw::annotations;

struct book {
    int id = 0;
    syncfw::secret<std::string> field_in_question{};

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key),
#ifdef SYNCFW_MISTAKE
                       field<&book::field_in_question>(max_length<20>)
#else
                       field<&book::field_in_question>(encrypted)
#endif
        );
};
static_assert(syncfw::entity_of<book>.fields.size() == 2);
