// SPDX-License-Identifier: BSL-1.0
// The keys of a program's encrypted fields, as its settings say: a file, see security/keyring.hpp.
//
//     int main(int argc, char** argv) {   // asks for --field-keys-file by itself
//         return syncfw::app::main<clinic>(argc, argv, {.program = "clinic"});
//     }
//
// | setting                                   | what it is                                |
// |-------------------------------------------|-------------------------------------------|
// | `--field-keys-file`, or `FIELD_KEYS_FILE` | a key a line, `1:BASE64`, the newest last |
//
// Nobody else may read the file. A program whose entities have no encrypted fields has no such
// setting; one whose entities have some doesn't touch rows without it.
#pragma once

#include <syncfw/app/detail/tls_settings.hpp>
#include <syncfw/app/settings.hpp>
#include <syncfw/codec/cipher.hpp>
#include <syncfw/security/keyring.hpp>

#include <string>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

namespace syncfw::app {

/// What the stores of the schema are opened with.
template <class Schema>
using field_keys = std::conditional_t<syncfw::detail::has_encrypted_entities<Schema>, keyring,
                                      syncfw::detail::no_cipher>;

/// The same where no row is read or written: it can neither seal nor open.
template <class Schema>
using no_field_keys = std::conditional_t<syncfw::detail::has_encrypted_entities<Schema>,
                                         cipher_view, syncfw::detail::no_cipher>;

/// Gets them out of the settings: for `host`, which takes another function in its place.
template <class Schema>
struct field_keys_from_settings {
    keyring_options wanted{};

    /// What `operator()` asks for; none where no field is encrypted.
    [[nodiscard]] static std::vector<setting> known();
    /// Fails with `errc::invalid_value` where the setting is missing, or the file has no keys.
    [[nodiscard]] result<field_keys<Schema>> operator()(const settings& given) const;
};

// --- how it is done ------------------------------------------------------------------------------

namespace detail {

[[nodiscard]] inline result<keyring> open_field_keys(const settings& given,
                                                     const keyring_options& wanted) {
    constexpr const char* name = "FIELD_KEYS_FILE";
    const std::string& path = given["field-keys-file"];
    if (path.empty())
        return bad_setting("there are encrypted fields: name the file of their keys by " +
                           std::string(name));
    // Who writes the keys where their file's name belongs must not read them in an error.
    if (::access(path.c_str(), F_OK) != 0)
        return bad_setting(std::string(name) +
                           " is the name of a file, and there is none of that name; write a key a "
                           "line into it, as 1:BASE64");
    auto keys = keyring::from_file(path, wanted);
    if (keys) return keys;
    // Whatever is wrong with the file, it is the setting that has to be looked at.
    error why = about_setting(name, keys.error());
    why.code = errc::invalid_value;
    return why;
}

}  // namespace detail

template <class Schema>
std::vector<setting> field_keys_from_settings<Schema>::known() {
    if constexpr (syncfw::detail::has_encrypted_entities<Schema>)
        return {{.name = "field-keys-file",
                 .help = "a file of its owner alone, with the keys of encrypted fields",
                 .stands_for = "FILE"}};
    else
        return {};
}

template <class Schema>
result<field_keys<Schema>> field_keys_from_settings<Schema>::operator()(
    const settings& given) const {
    if constexpr (syncfw::detail::has_encrypted_entities<Schema>)
        return detail::open_field_keys(given, wanted);
    else
        return (void)given, field_keys<Schema>();
}

}  // namespace syncfw::app
