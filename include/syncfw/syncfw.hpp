// SPDX-License-Identifier: BSL-1.0
// What a header with entities needs: the vocabulary, the declaration, queries and codecs. It stays
// cheap to include; stores, the engine and transports cost three times as much, and are included
// where they are used, as is all that needs another library:
//
//     #include <syncfw/syncfw.hpp>           // book.hpp
//     #include <syncfw/storage/sqlite.hpp>   // device.cpp
//     #include <syncfw/sync/replica.hpp>
#pragma once

// IWYU pragma: begin_exports
#include <syncfw/codec/binary.hpp>
#include <syncfw/codec/delta.hpp>
#include <syncfw/codec/frame.hpp>
#include <syncfw/codec/json.hpp>
#include <syncfw/codec/where.hpp>
#include <syncfw/config.hpp>
#include <syncfw/core/blob.hpp>
#include <syncfw/core/counter.hpp>
#include <syncfw/core/document.hpp>
#include <syncfw/core/error.hpp>
#include <syncfw/core/replica_id.hpp>
#include <syncfw/core/result.hpp>
#include <syncfw/core/secret.hpp>
#include <syncfw/core/set_of.hpp>
#include <syncfw/core/stamp.hpp>
#include <syncfw/core/sync_status.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/core/uuid.hpp>
#include <syncfw/entity/annotations.hpp>
#include <syncfw/entity/entity.hpp>
#include <syncfw/entity/fingerprint.hpp>
#include <syncfw/entity/key.hpp>
#include <syncfw/entity/mapping.hpp>
#include <syncfw/entity/record.hpp>
#include <syncfw/entity/rules.hpp>
#include <syncfw/entity/schema.hpp>
#include <syncfw/entity/validation.hpp>
#include <syncfw/query/filter.hpp>
#include <syncfw/query/matches.hpp>
#include <syncfw/query/query.hpp>
#include <syncfw/query/sql.hpp>
#include <syncfw/query/words.hpp>
#include <syncfw/version.hpp>
// IWYU pragma: end_exports
