import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TimeZone;
import java.time.Instant;
import org.quartz.CronExpression;

/** Prints what Quartz makes of many expressions; see answers.sh. */
public class NextTimes {
    static final String[] STARTS = {"2026-01-15T10:20:30Z", "2027-06-30T23:59:59Z", "2028-02-28T12:00:00Z"};
    static final int TIMES = 5;
    static final String[] MONTHS = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    static final String[] DAYS = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
    static final Random random = new Random(2026);

    public static void main(String[] arguments) throws Exception {
        System.out.println("# Quartz 2.3.2, in UTC. `=` expression, then from each start the next times; `!` refused.");
        for (String expression : expressions()) {
            CronExpression cron;
            try {
                cron = new CronExpression(expression);
            } catch (Exception refused) {
                System.out.println("! " + expression);
                continue;
            }
            cron.setTimeZone(TimeZone.getTimeZone("UTC"));
            System.out.println("= " + expression);
            for (String start : STARTS) {
                StringBuilder line = new StringBuilder(start);
                Date at = Date.from(Instant.parse(start));
                for (int count = 0; count < TIMES; count++) {
                    at = cron.getNextValidTimeAfter(at);
                    if (at == null) {
                        break;
                    }
                    line.append(' ').append(at.toInstant());
                }
                System.out.println(line);
            }
        }
    }

    static Set<String> expressions() {
        Set<String> all = new LinkedHashSet<>();
        String[] fixed = {
            "0 0 12 * * ?", "0 15 10 ? * *", "0 15 10 * * ? 2028", "0 * 14 * * ?", "0 0/5 14,18 * * ?", "0 0-5 14 * * ?",
            "0 10,44 14 ? 3 WED", "0 15 10 ? * MON-FRI", "0 11 11 11 11 ?", "0 11 11 11 11 ? 2027-2031/2", "0 0 0 29 2 ? *",
            "0 0 0 1 1 ? 2026-2030", "0 0 22-2 ? * FRI-MON", "0 50-10/5 * * * ?", "55-5 * * * * ?", "0 0 0 28-3 * ?",
            "0 0 0 1 NOV-FEB ?", "0 0 12 ? * L", "0 0 12 ? * 7L", "0 0 12 ? * SATL", "0 0 10 LW * ?", "0 0 10 L * ?",
            "/10 * * * * ?", "0 /15 * * * ?", "0 0 */6 * * ?", "*/7 */11 */5 */9 */5 ?", "0 0 0 ? * */2", "0 0 0 ? * 2/2",
            "0 0 0 */31 * ?", "0 0 0 1/30 * ?", "0 0 0 ? */12 1", "0 0 0 ? 2/5 fri", "0 0 0 ? jan-mar,oct tue,thu",
            "0 0 0 1W 8 ?", "0 0 0 15W * ?", "0 0 0 ? * 6#3", "0 0 0 ? * FRI#5", "0 0 0 ? * 1#1", "0 0 0 31 * ?", "0 0 0 30 * ?",
            "59 59 23 31 12 ? 2099", "0 0 0 1 1 ? 2020", "0 0 0 ? 2 5#5", "0,30 0 0 ? * MON", "0 0 0 L 2 ?", "0 0 0 L-1 2 ?",
        };
        all.addAll(List.of(fixed));
        for (int before = 0; before <= 30; before++) {
            all.add("0 0 10 L-" + before + " * ?");
        }
        for (int before = 0; before <= 27; before += 3) {
            all.add("0 0 10 L-" + before + "W * ?");
        }
        for (int day = 1; day <= 28; day++) {
            all.add("0 30 9 " + day + "W * ?");
        }
        for (int day = 1; day <= 7; day++) {
            all.add("0 30 9 ? * " + day);
            all.add("0 30 9 ? * " + day + "L");
            all.add("0 30 9 ? * " + DAYS[day - 1] + "L");
            all.add("0 30 9 ? * " + day + "-" + (day % 7 + 1));
            all.add("0 30 9 ? * " + DAYS[day - 1] + "-" + DAYS[(day + 3) % 7]);
            for (int nth = 1; nth <= 5; nth++) {
                all.add("0 30 9 ? * " + (nth % 2 == 0 ? String.valueOf(day) : DAYS[day - 1]) + "#" + nth);
            }
        }
        String[] refused = {
            "0 0 0 * * *", "0 0 0 1 * MON", "0 0 0 ? * ?", "0 0 0 13 * 6", "0 0 0 32 * ?", "0 0 0 0 * ?", "60 0 0 1 * ?", "0 60 0 1 * ?",
            "0 0 24 1 * ?", "0 0 0 1 13 ?", "0 0 0 1 0 ?", "0 0 0 ? * 8", "0 0 0 ? * 0", "0 0 0 ? * MON#6", "0 0 0 ? * MON#0",
            "0 0 0 ? * 2#", "0 0 0 L-31 * ?", "0 0 0 1,L * ?", "0 0 0 L,15 * ?", "0 0 0 32W * ?", "0 0 0 ? * FRIL,MON", "0 0 0 ? * 1#1,2#2",
            "0 0 ? * * *", "? 0 0 1 * ?", "0 0 0 ? FOO 1", "0 0 0 ? * XYZ", "0 0 0", "a b c d e f", "0 0/60 * * * ?",
            "0 0 0/24 * * ?", "0 0 0 */32 * ?", "0 0 0 1 */13 ?", "*/60 * * * * ?", "0 0 0 ? * */8", "0 */ * * * ?", "0 0 0 1 1 ? 2030-2028",
            "0 0 10W * * ?", "0 0 5L * * ?", "0 0 0 1#2 * ?", "MON 0 0 1 * ?",
        };
        all.addAll(List.of(refused));
        while (all.size() < 420) {
            all.add(randomly());
        }
        return all;
    }

    static String randomly() {
        String day = "?";
        String weekday = "?";
        if (random.nextBoolean()) {
            day = field(1, 31, null);
        } else {
            weekday = field(1, 7, DAYS);
        }
        String years = random.nextInt(4) > 0 ? "" : " " + pick(List.of("*", "2027", "2026-2029", "2026-2035/3", "2028,2031", "2028/4"));
        String second = random.nextInt(3) > 0 ? "0" : field(0, 59, null);
        return second + " " + field(0, 59, null) + " " + field(0, 23, null) + " " + day + " " + field(1, 12, MONTHS) + " " + weekday + years;
    }

    /** A list of one to three items; Quartz reads a name with a step without the step, so these have none. */
    static String field(int least, int most, String[] names) {
        if (random.nextInt(4) == 0) {
            return "*";
        }
        List<String> items = new ArrayList<>();
        for (int count = random.nextInt(3); count >= 0; count--) {
            items.add(item(least, most, names));
        }
        return String.join(",", items);
    }

    static String item(int least, int most, String[] names) {
        int from = least + random.nextInt(most - least + 1);
        int to = least + random.nextInt(most - least + 1);
        int step = 1 + random.nextInt(Math.min(most - 1, 12));
        if (names != null && random.nextBoolean()) {
            String name = names[from - 1];
            return random.nextBoolean() ? name : name + "-" + names[to - 1];
        }
        switch (random.nextInt(5)) {
            case 0: return from + "-" + to;
            case 1: return from + "-" + to + "/" + step;
            case 2: return from + "/" + step;
            case 3: return "*/" + step;
            default: return String.valueOf(from);
        }
    }

    static String pick(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }
}
