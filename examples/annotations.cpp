// SPDX-License-Identifier: BSL-1.0
// The whole vocabulary of a declaration; docs/guide/annotations.md shows its regions.
#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/entity/mapping.hpp>
#include <syncfw/entity/schema.hpp>
#include <syncfw/entity/validation.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

// [inside]
using namespace syncfw::annotations;

struct book {
    syncfw::uuid id{};
    std::string title{};
    std::int64_t pages = 0;
    std::optional<std::string> notes{};
    std::int64_t version = 0;

    static constexpr auto sync_entity =
        entity<"book">(field<&book::id>(primary_key), field<&book::title>(required, length<1, 200>),
                       field<&book::notes>(merge(by::text)), field<&book::version>(is::version));
};
// [/inside]

// [beside]
struct shelf {
    int id = 0;
    std::string room{};
};

constexpr auto sync_entity(syncfw::of<shelf>) {
    return entity<"shelf">(field<&shelf::id>(primary_key), field<&shelf::room>(indexed));
}
// [/beside]

// [private]
class reader {
    BOOST_DESCRIBE_CLASS(reader, (), (), (), (id, name))
    int id = 0;
    std::string name{};

  public:
    static constexpr auto sync_entity =
        entity<"reader">(field<&reader::id>(primary_key), field<&reader::name>(required));
};
// [/private]

// clang-format off: one field a line reads best

// [identity]
struct loan {
    syncfw::uuid book_id{};
    int reader_id = 0;
    std::string library{};
    std::int64_t version = 0;

    static constexpr auto sync_entity = entity<"loan">(
        field<&loan::book_id>(primary_key, references<&book::id>),  // two: a composite key
        field<&loan::reader_id>(primary_key),
        field<&loan::library>(tenant),
        field<&loan::version>(is::version));
};
// [/identity]

// [states]
struct letter {
    int id = 0;
    syncfw::sync_status status{};
    bool server_synced = false;
    syncfw::timestamp made{};
    std::optional<syncfw::timestamp> changed{};
    syncfw::timestamp synced{};
    bool is_deleted = false;

    static constexpr auto sync_entity = entity<"letter">(
        field<&letter::id>(primary_key),
        field<&letter::status>(sync_state),
        field<&letter::server_synced>(is::server_synced),
        field<&letter::made>(created_at),
        field<&letter::changed>(updated_at),
        field<&letter::synced>(last_sync_at),
        field<&letter::is_deleted>(soft_delete));
};
// [/states]

// [deletion]
enum class visit_status { planned, done, cancelled };

struct visit {
    int id = 0;
    visit_status status{};

    static constexpr auto sync_entity =
        entity<"visit">(field<&visit::id>(primary_key),
                        field<&visit::status>(soft_delete(visit_status::cancelled)));
};
// [/deletion]

// [access]
struct user {
    int id = 0;
    std::string iban{};
    std::string mail{};
    double credit = 0;
    std::string born_in{};
    int scroll_position = 0;
    syncfw::secret<std::string> token{};

    static constexpr auto sync_entity = entity<"user">(
        field<&user::id>(primary_key),
        field<&user::iban>(encrypted),
        field<&user::mail>(encrypted_revealing_equality, unique),
        field<&user::credit>(server_owned),
        field<&user::born_in>(immutable),
        field<&user::scroll_position>(local_only),
        field<&user::token>(local_only));  // a secret is encrypted or stays here
};
// [/access]

// [names]
struct rating {
    int id = 0;
    syncfw::uuid book_id{};
    std::string author{};
    std::string updated{};
    bool active = true;

    static constexpr auto sync_entity = entity<"rating">(
        field<&rating::id>(primary_key),
        field<&rating::book_id>(references<&book::id>),
        field<&rating::author>(indexed),
        field<&rating::updated>(column("updated_on"), json("updatedAt"), alias("updated_at")),
        field<&rating::active>(default_value(true)));
};
// [/names]

// [merging]
struct post {
    int id = 0;
    std::string headline{};
    std::int64_t best_score = 0;
    std::int64_t first_rank = 0;
    syncfw::counter likes{};
    syncfw::set_of<std::string> tags{};
    syncfw::document settings{};
    std::string body{};
    std::vector<std::string> links{};
    std::int64_t stock = 0;

    static constexpr auto sync_entity = entity<"post">(
        field<&post::id>(primary_key),
        field<&post::headline>(merge(by::latest)),
        field<&post::best_score>(merge(by::maximum)),
        field<&post::first_rank>(merge(by::minimum)),
        field<&post::likes>(merge(by::counter)),
        field<&post::tags>(merge(by::set)),
        field<&post::settings>(merge(by::document)),
        field<&post::body>(merge(by::text)),
        field<&post::links>(merge(by::all)),
        field<&post::stock>(merge(by::function(
            [](auto& base, auto& mine, auto& theirs) { return mine + theirs - base; }))));
};
// [/merging]

// [rules]
struct booking {
    int id = 0;
    std::string name{};
    std::optional<std::string> notes{};
    int stars = 1;
    std::string channel{"mail"};
    std::optional<std::string> mail{};
    std::string zip{"00000"};
    std::int64_t seats = 0;
    int first_day = 0;
    int last_day = 0;

    static constexpr auto sync_entity = entity<"booking">(
        field<&booking::id>(primary_key),
        field<&booking::name>(required, length<1, 80>),
        field<&booking::notes>(max_length<2'000>),
        field<&booking::stars>(range(1, 5)),
        field<&booking::channel>(one_of("call", "mail")),
        field<&booking::mail>(is::email),
        field<&booking::zip>(pattern<"[0-9]{5}">),
        field<&booking::seats>(satisfies("be even", [](std::int64_t n) { return n % 2 == 0; })),
        check("the last day must not be before the first",
              [](const auto& b) { return b.first_day <= b.last_day; }));
};
// [/rules]

// clang-format on

// [validate]
void show_violations(const booking& wrong) {
    for (const syncfw::violation& each : syncfw::violations(wrong))
        std::printf("%s\n", each.words.c_str());  // name must have 1 to 80 characters, it has 0

    if (auto valid = syncfw::validate(wrong); !valid)
        std::printf("%s\n", to_string(valid.error()).c_str());  // the first of them
}
// [/validate]

// [schema]
using library = syncfw::schema<book, shelf, rating>;

static_assert(library::find("rating") == 2);
static_assert(library::parents_first[0] == library::place<book>);
// [/schema]

// [mapping]
struct customer {
    int number = 0;
    std::string email{};
    std::string stripe_id{};

    static constexpr auto sync_entity = entity<"customer">(field<&customer::number>(primary_key));
};
struct account {
    int id = 0;
    std::string email{};
    std::string theme{};

    static constexpr auto sync_entity = entity<"account">(field<&account::id>(primary_key));
};

constexpr auto people =
    syncfw::mapping<account, customer>(syncfw::rename<&account::id, &customer::number>);

void copy(const account& from, customer& to) {
    people.to_second(from, to);  // number and email; stripe_id stays
}
// [/mapping]

int main() {
    show_violations(booking{.id = 1});
    customer to{.stripe_id = "kept"};
    copy(account{.id = 7, .email = "a@b.example"}, to);
    const bool is_copied = to.number == 7 && to.email == "a@b.example" && to.stripe_id == "kept";
    const bool all_declared =
        syncfw::schema<book, loan, letter, visit, user, post, reader>::size == 7;
    return is_copied && all_declared ? 0 : 1;
}
