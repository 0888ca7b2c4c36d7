// SPDX-License-Identifier: Apache-2.0
// The XML reader: what well-formed documents give, and that all others are errors.
#include "base/xml.h"

#include <gtest/gtest.h>

namespace blobstore {
namespace {

// "<a [text] >a" : the events of a document; "!" at an error.
std::string events(std::string_view document) {
    xml_reader reader(document);
    std::string out;
    for (int i = 0; i < 1000; ++i) {
        const result<xml_event> event = reader.next();
        if (!event) {
            EXPECT_EQ(event.error().code(), errc::protocol);
            EXPECT_FALSE(reader.next()) << "an error stays";
            return out + "!";
        }
        switch (*event) {
        case xml_event::start:
            out.append("<").append(reader.name());
            break;
        case xml_event::end:
            out.append(">").append(reader.name());
            break;
        case xml_event::text:
            out.append("[").append(reader.text()).append("]");
            break;
        case xml_event::done:
            EXPECT_EQ(reader.depth(), 0U);
            EXPECT_EQ(*reader.next(), xml_event::done);
            return out;
        }
    }
    return "endless";
}

TEST(xml, events_of_well_formed_documents) {
    EXPECT_EQ(events("<a/>"), "<a>a");
    EXPECT_EQ(
        events("\xef\xbb\xbf<?xml version='1.0' encoding=\"utf-8\" standalone='yes'?>\n"
               "<!-- c --><?pi x?><a b='1' c = \"2\" ><b>t</b> <x:c xmlns:x='u'/></a >\n<!---->"),
        "<a<b[t]>b[ ]<c>c>a"
    );
    EXPECT_EQ(
        events("<a>&amp;&lt;&gt;&quot;&apos;&#65;&#x1F600;&#xe9;&#13;</a>"),
        "<a[&<>\"'A\xf0\x9f\x98\x80\xc3\xa9\r]>a"
    );
    EXPECT_EQ(events("<a>x\r\ny\rz&#10;</a>"), "<a[x\ny\nz\n]>a");
    EXPECT_EQ(events("<a>x<!-- c -->y<![CDATA[<&]]]]><![CDATA[>]]><?p?>z</a>"), "<a[xy<&]]>z]>a");
    EXPECT_EQ(events("<a><!-- c --><![CDATA[]]></a>"), "<a>a");
    EXPECT_EQ(
        events("<\xc3\xa9l\xc3\xa9-1.x_/>"), "<\xc3\xa9l\xc3\xa9-1.x_>\xc3\xa9l\xc3\xa9-1.x_"
    );
}

TEST(xml, errors_where_expat_has_one) {
    for (const std::string_view wrong :
         {"",
          " ",
          "x",
          "<",
          "<a",
          "<a>",
          "<a/",
          "</a>",
          "<a></b>",
          "<a><b></a></b>",
          "<a/><b/>",
          "<a/>x",
          "x<a/>",
          "<a/ >",
          "< a/>",
          "<1/>",
          "<a></ a>",
          "<a b></a>",
          "<a b=1/>",
          "<a b='1/>",
          "<a b='<'/>",
          "<a b='&x;'/>",
          "<a b='1'c='2'/>",
          "<a b='1' b='2'/>",
          "<a>&</a>",
          "<a>&x;</a>",
          "<a>&amp</a>",
          "<a>&#;</a>",
          "<a>&#x;</a>",
          "<a>&#0;</a>",
          "<a>&#1;</a>",
          "<a>&#x1;</a>",
          "<a>&#xD800;</a>",
          "<a>&#xFFFE;</a>",
          "<a>&#x110000;</a>",
          "<a>&#99999999999;</a>",
          "<a>&#6g;</a>",
          "<a>&#X41;</a>",
          "<a>\x01</a>",
          "<a>\x1f</a>",
          "<a>\xff</a>",
          "<a>\xc0\x80</a>",
          "<a>\xed\xa0\x80</a>",
          "<a>\xc3</a>",
          "<a>\xef\xbf\xbe</a>",
          "<a>\xf4\x90\x80\x80</a>",
          "<a>]]></a>",
          "<a><![CDATA[x</a>",
          "<a><!-- -- --></a>",
          "<a><!-- </a>",
          "<a><?xml?></a>",
          "<a><?p</a>",
          "<a><!x></a>",
          " <?xml version='1.0'?><a/>",
          "<?xml version='2.0'?><a/>",
          "<?xml?><a/>",
          "<?xml version='1.x'?><a/>",
          "<?xml version='1.'?><a/>",
          "<?xml version='1.0' encoding=''?><a/>",
          "<?xml version='1.0' standalone='x'?><a/>",
          "<?xml encoding='utf-8' version='1.0'?><a/>",
          "<a><![cdata[x]]></a>",
          "<?xml version='1.0' ?",
          "\xef\xbb\xbf\xef\xbb\xbf<a/>"}) {
        const std::string seen = events(wrong);
        EXPECT_TRUE(seen.ends_with("!")) << wrong << " gave " << seen;
    }
    EXPECT_TRUE(events(std::string_view("<a>\0</a>", 8)).ends_with("!"));
}

TEST(xml, refuses_what_services_never_send) {
    for (const std::string_view wrong :
         {"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
          "<!DOCTYPE a><a/>",
          "<?xml version='1.0' encoding='ISO-8859-1'?><a/>"}) {
        EXPECT_EQ(events(wrong), "!") << wrong;
    }
    std::string deep;
    for (int i = 0; i < 64; ++i) {
        deep += "<a>";
    }
    std::string end;
    for (int i = 0; i < 64; ++i) {
        end += "</a>";
    }
    EXPECT_FALSE(events(deep + end).ends_with("!"));
    EXPECT_TRUE(events("<r>" + deep + end + "</r>").ends_with("!"));
}

TEST(xml, attributes) {
    xml_reader reader("<a one='&lt;\t&#9;x\r\n' x:two='2' xmlns:three='3'/>");
    ASSERT_EQ(*reader.next(), xml_event::start);
    EXPECT_EQ(reader.attribute("one"), "< \tx ");
    EXPECT_EQ(reader.attribute("two"), "2");
    EXPECT_FALSE(reader.attribute("three"));
    EXPECT_FALSE(reader.attribute("four"));
}

TEST(xml, element_text_and_skip) {
    xml_reader reader("<r><k>a&amp;b</k><e/><m>x&#65;<i>no&#66;</i>y<i/><j><k/>no</j>&#67;</m>"
                      "<s>1<t>2</t></s><k> </k></r>");
    ASSERT_EQ(*reader.next(), xml_event::start);
    ASSERT_EQ(*reader.next(), xml_event::start);
    EXPECT_EQ(*reader.element_text(), "a&b");
    ASSERT_EQ(*reader.next(), xml_event::start);
    EXPECT_EQ(*reader.element_text(), "");
    ASSERT_EQ(*reader.next(), xml_event::start);
    EXPECT_EQ(*reader.element_text(), "xAyC");
    EXPECT_EQ(reader.name(), "m");
    ASSERT_EQ(*reader.next(), xml_event::start);
    ASSERT_TRUE(reader.skip_element());
    EXPECT_EQ(reader.depth(), 1U);
    ASSERT_EQ(*reader.next(), xml_event::start);
    EXPECT_EQ(*reader.element_text(), " ");
    xml_reader cut("<a><b>x");
    ASSERT_EQ(*cut.next(), xml_event::start);
    EXPECT_FALSE(cut.skip_element());
    EXPECT_FALSE(cut.element_text());
}

TEST(xml, SE05_large_documents_take_time_in_proportion) {
    std::string attributes;
    for (int i = 0; i < 300000; ++i)
        attributes += " a" + std::to_string(i) + "=''";
    EXPECT_EQ(events("<r" + attributes + "/>"), "!") << "not each compared with all others";
    std::string references;
    while (references.size() < (std::size_t{16} << 20U))
        references += "a&amp;";
    xml_reader reader(references.insert(0, "<r>").append("</r>"));
    ASSERT_TRUE(reader.next());
    const result<std::string_view> text = reader.element_text();
    ASSERT_TRUE(text);
    EXPECT_EQ(text->size(), (references.size() - 7) / 6 * 2);
}

TEST(xml, every_prefix_of_a_document_is_an_error) {
    const std::string whole =
        "<?xml version='1.0'?><a b='c'><d>e&amp;</d><![CDATA[f]]><!--g--></a>";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_TRUE(events(whole.substr(0, size)).ends_with("!")) << size;
    }
    EXPECT_FALSE(events(whole).ends_with("!"));
}

TEST(xml, escape_round_trip) {
    const std::string text = "a&<>\"'\r\n\t\xc3\xa9 ]]>";
    const std::string document = "<a>" + *xml_escape(text) + "</a>";
    xml_reader reader(document);
    ASSERT_EQ(*reader.next(), xml_event::start);
    EXPECT_EQ(*reader.element_text(), text);
    EXPECT_FALSE(xml_escape("\x01"));
    EXPECT_FALSE(xml_escape("\xff"));
    EXPECT_FALSE(xml_escape("\xef\xbf\xbf"));
}

} // namespace
} // namespace blobstore
