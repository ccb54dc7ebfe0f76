// SPDX-License-Identifier: BSL-1.0
// Names the vocabulary types without defining them; cheap enough for any header.
#pragma once

namespace syncfw {

enum class errc : unsigned char;
enum class sync_status : unsigned char;
enum class document_kind : unsigned char;

struct error;
template <class T>
class result;

class uuid;
class uuid_v7_generator;
class timestamp;
class replica_id;
class stamp;
class hybrid_clock;
class document;
class counter;
template <class T>
class secret;
template <class T>
class set_of;

}  // namespace syncfw
