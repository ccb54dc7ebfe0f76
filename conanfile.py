# SPDX-License-Identifier: BSL-1.0
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.4"

# Component: the requirement, if it has one of its own, and the target that it links to.
DEPENDENCIES = {
    "zlib": ("zlib/[>=1.2.11 <2]", "zlib::zlib"),
    "zstd": ("zstd/[~1.5]", "zstd::zstd"),
    "sqlite": ("sqlite3/[>=3.35 <4]", "sqlite3::sqlite3"),
    "postgres": ("libpq/[>=15 <18]", "libpq::libpq"),
    "security": ("openssl/[>=3 <4]", "openssl::crypto"),
    "http": (None, None),
    "tls": ("openssl/[>=3 <4]", "openssl::ssl"),
    "app": (None, None),
}
# Components that stand on others.
NEEDS = {"app": ["zlib", "sqlite", "postgres", "security", "http", "tls"]}


class SyncfwConan(ConanFile):
    name = "syncfw"
    description = "Typed, offline-first synchronisation for C++20, generated from a struct"
    license = "BSL-1.0"
    topics = ("synchronization", "offline-first", "replication", "serialization", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "with_zlib": [True, False],
        "with_zstd": [True, False],
        "with_sqlite": [True, False],
        "with_postgres": [True, False],
        "with_security": [True, False],
        "with_http": [True, False],
        "with_tls": [True, False],
        "with_app": [True, False],
    }
    default_options = {
        "with_zlib": False,
        "with_zstd": False,
        "with_sqlite": False,
        "with_postgres": False,
        "with_security": False,
        "with_http": False,
        "with_tls": False,
        "with_app": False,
        "boost/*:header_only": True,
    }
    implements = ["auto_header_only"]
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True

    def set_version(self):
        # include/syncfw/version.hpp is the only place of the version.
        header = load(self, os.path.join(self.recipe_folder, "include/syncfw/version.hpp"))
        self.version = re.search(r'SYNCFW_VERSION_STRING "(.*)"', header)[1]

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires("boost/[>=1.81 <2]", transitive_headers=True)
        # Two components may need the same, which Conan wants to hear once.
        wanted = {DEPENDENCIES[component][0]: None for component in self._chosen()}
        for requirement in filter(None, wanted):
            self.requires(requirement, transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)
        if "http" in self._chosen() and self.settings.get_safe("os") != "Linux":
            raise ConanInvalidConfiguration("the HTTP server waits with Linux' epoll")

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"),
             os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "syncfw")
        # Core's target has the package's obvious name, so the sum of all needs another.
        self.cpp_info.set_property("cmake_target_name", "syncfw::all_components")
        core = self.cpp_info.components["core"]
        core.set_property("cmake_target_name", "syncfw::syncfw")
        core.set_property("pkg_config_name", "syncfw")
        core.requires = ["boost::headers"]
        for component in self._chosen():
            part = self.cpp_info.components[component]
            part.set_property("cmake_target_name", f"syncfw::{component}")
            part.set_property("pkg_config_name", f"syncfw-{component}")
            target = DEPENDENCIES[component][1]
            part.requires = ["core", *NEEDS.get(component, [target] if target else [])]
            if component == "http":
                part.system_libs = ["pthread"]
        for part in self.cpp_info.components.values():
            part.bindirs = part.libdirs = []

    def _chosen(self):
        wanted = {each for each in DEPENDENCIES if self.options.get_safe(f"with_{each}")}
        for each in tuple(wanted):
            wanted.update(NEEDS.get(each, []))
        return [each for each in DEPENDENCIES if each in wanted]
