// SPDX-License-Identifier: BSL-1.0
// expect: an entity has at most 128 fields
#include <syncfw/entity/entity.hpp>

#include <boost/describe/class.hpp>

using namespace syncfw::annotations;

template <int I>
struct eight {
    int a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
    BOOST_DESCRIBE_CLASS(eight, (), (a, b, c, d, e, f, g, h), (), ())
};

template <int I>
struct many : eight<I>, eight<I + 1>, eight<I + 2>, eight<I + 3> {
    int last = 0;
    BOOST_DESCRIBE_CLASS(many, (eight<I>, eight<I + 1>, eight<I + 2>, eight<I + 3>), (last), (), ())
};

#ifdef SYNCFW_MISTAKE
struct wide : many<0>, many<4>, many<8>, many<12> {
    int id = 0;
    BOOST_DESCRIBE_CLASS(wide, (many<0>, many<4>, many<8>, many<12>), (id), (), ())
};
#else
struct wide : eight<0> {
    int id = 0;
    BOOST_DESCRIBE_CLASS(wide, (eight<0>), (id), (), ())
};
#endif
constexpr auto sync_entity(syncfw::of<wide>) {
    return entity<"wide">(field<&wide::id>(primary_key));
}
static_assert(syncfw::entity_of<wide>.name == "wide");
