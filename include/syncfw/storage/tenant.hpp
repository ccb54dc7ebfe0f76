// SPDX-License-Identifier: BSL-1.0
// `tenant_id` is a word of core, because tokens name tenants too.
#pragma once

// IWYU pragma: begin_exports
#include <syncfw/core/tenant.hpp>
// IWYU pragma: end_exports
